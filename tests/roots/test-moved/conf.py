project = "搬家"
copyright = version = "1"
extensions = ["moved_pages"]
html_theme = "sphinx_rtd_theme"
