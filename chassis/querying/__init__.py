"""Builds the SQL of lists: filters, order, pages and counts over a declared table.

Only for statements whose shape depends on what is asked; everything else is written as SQL. Columns are allow-listed,
every value is a parameter, and equal shapes give equal text under an equal name, so that each is prepared once per
connection, has a metric and a plan that a test checks. Start with table.py, then query.py.
"""
