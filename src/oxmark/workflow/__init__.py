"""The verbs: the one place that puts the parts together. One verb a file.

::

    looking.py        show: what is in a folder
    augmenting.py     augment: what training makes of a picture
    preparing.py      pictures on disk -> what the network sees
    training_run.py   train: a folder of pictures -> a run folder with model.onnx
    finishing.py      the end of a training: file, figures, pictures
    run_folder.py     where a run keeps what
    run_pictures.py   the pictures and tables of a run
    measuring.py      evaluate: a model and pictures -> figures
    answering.py      predict: a model and files -> answers, a table, a sheet
    exporting.py      export: a model file -> Keras
    demonstration.py  demo: all of it, on drawn marks
    progress.py       how a verb tells how far it is
"""
