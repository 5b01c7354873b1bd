"""The charts of the report: SVG by matplotlib that follows the page's colours and language.

Nothing is imported here; take what you need from its module::

    from oxmark.report.charts.interval import interval_chart
    from oxmark.report.charts.training import accuracy_chart, loss_chart
    from oxmark.report.charts.calibration import calibration_chart
    from oxmark.report.charts.refusal import refusal_chart
    from oxmark.report.charts.learning import learning_chart

Each is a pure function from figures to text that goes into a page as it is: no size in points, no colour, no
font, no style of its own, but classes that the page's style sheet knows.
"""
