"""Queries of the Library page: the clips of a view, with their numbers.

view      a view: filters, order, search; plain data that fits into a page's address
view_sql  a view as SQL
crossfilter, column_cache, column_reader  counts for a filter panel, from columns kept in memory
order, column_order  a view's clips in its order, kept; sorted by a statement, or in memory where the columns are there
likeness_columns  how alike every clip is to what was searched for last
store     the clips of a view, counts, distributions, saved views, selections and searches
"""
