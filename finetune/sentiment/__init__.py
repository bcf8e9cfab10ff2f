"""The training of a sentiment adapter: labelled texts, objective, calibration, what is written."""
