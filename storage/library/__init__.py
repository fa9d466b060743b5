"""What the Library page asks the store: which clips a view shows, and their numbers.

view      a view: filters, order, what is searched for; plain data that fits into a page's address
view_sql  a view as SQL
store     the clips of a view, counts, distributions, saved views, selections and searches
"""
