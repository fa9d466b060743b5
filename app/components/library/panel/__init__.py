"""The filter panel beside the clips.

filter_panel   the panel: its data for the browser, and what the browser sends back
filter_panel.js, number_filter.js, list_filter.js   what is drawn; filter_state.js, brush.js   what is decided
"""
