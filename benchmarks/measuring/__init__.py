"""The measuring stick: what this machine can do, what others take, and what each path of oxmark takes.

::

    series.py      values of one figure; median, range, ratios run by run
    processes.py   a new process: seconds, processor time, memory
    machine.py     the conditions that stand beside every figure
    samples.py     pictures to measure with
    work.py        the folder of one measuring, its options, and what is made in it on demand
    row.py         a row of the table, and what the row shall reach
    limits/        rows: what the machine can do at best
    paths/         rows: what oxmark and its peers take
    choice.py      all rows, and which of them are wanted
    results.py     rows measured in turn; JSON
    table.py       the same for people
    counting.py    arithmetic of the tutorial's network, from the shapes of its layers
"""
