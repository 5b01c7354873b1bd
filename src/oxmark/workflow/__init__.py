"""The verbs: the one place that puts the parts together. One verb a file.

::

    looking.py        show: what is in a folder
    checking.py       check: what is wrong with it; checkup.py, what the doctor says of pictures read already;
                      suspecting.py, what needs a classifier to tell
    splitting.py      split: parts in a new folder
    augmenting.py     augment: what training makes of a picture
    preparing.py      pictures on disk -> what the network sees
    training_run.py   train: a folder of pictures -> a run folder with model.onnx
    watching.py       what goes wrong while it is trained
    finishing.py      the end of a training: file, figures, pictures
    run_folder.py     where a run keeps what
    run_pictures.py   the pictures and tables of a run
    validating.py     validate: cross-validation; dividing.py, its folds; folds_at_work.py, their trainings;
                      validation_notes.py, what the figures do not say
    crew.py           several processes that work for this one
    documenting.py    report: the document and its page; album.py, its pictures; run_report.py and
                      validation_report.py, what a training and a cross-validation put into it
    reporting.py      report: the page made again
    verifying.py      verify: a training done again; recorded.py and then_and_now.py, what is compared
    measuring.py      evaluate: a model and pictures -> figures
    comparing.py      compare: two models, the same pictures
    explaining.py     explain: where the evidence lies; explained_folder.py, the pictures of it
    answering.py      predict: a model and files -> answers, a table, a sheet
    exporting.py      export: a model file -> Keras
    demonstration.py  demo: all of it, on drawn marks
    progress.py       how a verb tells how far it is
"""
