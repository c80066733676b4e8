"""Files that people bring: past ads and briefs, as CSV or XLSX."""
