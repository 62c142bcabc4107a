"""The parts of script/bench. Each is a module with a docstring, whose first line says what it measures, and
`measure(stage)`, which gives the section of the results (sections.py) but for when and where it was made."""
