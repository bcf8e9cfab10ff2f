"""Parts of self-contained HTML reports: markup, plots, style."""
