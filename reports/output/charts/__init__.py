"""Charts: matplotlib draws them with text as text, and the page gives them its colours, light and dark."""
