"""The same verbs past one machine, on Ray: the same recipe, the same model file, the same answers.

Ray schedules, ships and repeats the work; nothing of that is ours. It comes with ``oxmark[cluster]``.
"""
