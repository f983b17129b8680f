"""The report: one page to hand on."""
