"""Results as pictures and pages for people: learning curves, sheets of pictures, heat, the report.

Pure functions from arrays to PNG files, and from a document to a page. Nothing is imported here; take what
you need from its module::

    from oxmark.report.curves import curves
    from oxmark.report.sheets import Tile, answers_grid, augmentation_sheet, contact_sheet
    from oxmark.report.confusion import confusion
    from oxmark.report.pictures import thumbnail
    from oxmark.report.heat import overlay, overlay_seen
    from oxmark.report.page import report_page
    from oxmark.report.fonts import drawable, missing_font_note

``curves`` is drawn by matplotlib, everything else by Pillow; all text that comes from the user goes through
:mod:`oxmark.report.fonts`, so no name, in whatever script, becomes a row of boxes.
"""
