"""Sphinx configuration of the notes. The source directory is this folder."""

import gc
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

# Doctrees are many objects that stay. Looking for garbage among them after
# every 700 new ones, Python's default, takes a quarter of a build.
gc.set_threshold(50_000, 20, 50)

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "_ext"))

# -- Project ---------------------------------------------------------------

project = "NLP 学习笔记"
author = "knowledge_record"
project_copyright = "knowledge_record"
version = "1"
language = "zh_CN"

extensions = [
    "anki_deck",
    "bibtex_backend",
    "cjk_linebreaks",
    "english_passages",
    "epub_mathml",
    "interview",
    "lean_code",
    "mathml",
    "moved_pages",
    "myst_parser",
    "page_description",
    "page_frame",
    "review",
    "search",
    "sphinx_copybutton",
    "sphinx_last_updated_by_git",
    "sphinxcontrib.bibtex",
    "sphinxcontrib.rsvgconverter",
    "style_sheet",
]
exclude_patterns = [
    ".*",
    "README.md",
    "_*",
    "build",
    "figures",
    "nlpnotes",
    "tests",
    "tools",
]
templates_path = ["_templates"]

# -- Content ---------------------------------------------------------------

# Equations and figures are referred to by number in all outputs.
numfig = True
numfig_secnum_depth = 0
numfig_format = {"figure": "图 %s", "table": "表 %s", "code-block": "代码 %s"}
math_eqref_format = "式 ({number})"
highlight_language = "python"
trim_doctest_flags = True
# The domain of the questions, so that pages write `.. question::`.
primary_domain = "interview"

myst_enable_extensions = ["colon_fence", "dollarmath"]

bibtex_bibfiles = ["docs/appendix/references.bib"]
bibtex_default_style = "plain"
bibtex_reference_style = "author_year"

# The one macro table: HTML, EPUB, LaTeX and Anki read it.
html_math_renderer = "mathml"
math_macros = {
    "Attention": r"\operatorname{Attention}",
    "Concat": r"\operatorname{Concat}",
    "Cov": r"\operatorname{Cov}",
    "E": r"\mathbb{E}",
    "FFN": r"\operatorname{FFN}",
    "LayerNorm": r"\operatorname{LayerNorm}",
    "MultiHead": r"\operatorname{MultiHead}",
    "R": r"\mathbb{R}",
    "T": r"\mathsf{T}",
    "Var": r"\operatorname{Var}",
    "diag": r"\operatorname{diag}",
    "softmax": r"\operatorname{softmax}",
    "vect": r"\mathbf{#1}",
}

# Topics of the questions, in the order in which lists show them.
interview_topics = {
    "rnn": "RNN",
    "lstm": "LSTM",
    "gru": "GRU",
    "brnn": "BRNN",
    "crf": "CRF",
    "gradient": "梯度",
    "attention": "注意力",
    "multi-head": "多头注意力",
    "scaling": "缩放",
    "masking": "掩码",
    "architecture": "结构",
    "embedding": "词嵌入",
    "position": "位置编码",
    "residual": "残差连接",
    "normalization": "归一化",
    "ffn": "前馈网络",
    "seq2seq": "编码器与解码器",
    "decoding": "解码",
    "parallelism": "并行",
    "tokenization": "分词",
    "training": "训练",
    "dropout": "Dropout",
    "bert": "BERT",
    "cost": "代价",
}

# -- HTML ------------------------------------------------------------------

html_theme = "sphinx_rtd_theme"
html_theme_options = {
    "navigation_depth": 3,
    "style_external_links": False,
    "prev_next_buttons_location": "bottom",
}
html_title = project
html_static_path = ["_static"]
# In the order of the cascade; pages get them as one file.
style_sheets = [
    "css/theme.css",
    "copybutton.css",
    "css/search.css",
    "css/interview.css",
    "css/review.css",
    "css/math-font.css",
    "css/site.css",
    "css/code.css",
]
html_js_files = [
    (f"js/{name}.js", {"defer": "defer"})
    for name in ("figures", "formulas", "navigation", "scrollers")
]
html_last_updated_fmt = "%Y-%m-%d"
# From where pages once were to where they are; an entry stays for ever.
moved_pages = {
    "docs/interview/transformer/decoder": (
        "docs/interview/transformer/architecture"
    ),
    "docs/interview/transformer/input": "docs/interview/transformer/position",
}
# Where the site is published and where its sources are edited; the place
# that publishes knows, a build at home has neither.
html_baseurl = os.environ.get("SITE_URL", "")
edit_url_base = os.environ.get("SITE_EDIT_URL", "")
if html_baseurl:
    extensions += [
        "changes_feed",
        "notfound.extension",
        "social_card",
        "sphinx_sitemap",
    ]
    sitemap_url_scheme = "{link}"
    sitemap_excludes = ["404.html", "search.html", "genindex.html"]
    sitemap_excludes += [f"{old}.html" for old in moved_pages]
    notfound_urls_prefix = urlsplit(html_baseurl).path
    notfound_context = {
        "title": "没有这一页",
        "body": (
            "<h1>没有这一页</h1><p>地址可能写错了，或者这一页搬走了。"
            "从左边的目录找，或者搜索一下。</p>"
        ),
    }
# A tarball or a shallow clone has no history: pages show no date then.
suppress_warnings = ["git.subprocess_error", "git.too_shallow"]
# Copied code runs: without prompts and outputs.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False
html_use_index = True
html_permalinks_icon = "#"

# -- EPUB ------------------------------------------------------------------

epub_basename = "knowledge_record"
epub_title = project
epub_language = "zh"
epub_identifier = epub_uid = "knowledge_record"
epub_show_urls = "footnote"
epub_css_files = ["css/epub.css"]
# What only the site needs. A reader brings a math font of its own.
epub_exclude_files = [
    str(path.relative_to(ROOT))
    for folder in ("css", "fonts", "js")
    for path in (ROOT / "_static" / folder).iterdir()
    if path.name != "epub.css"
]

# -- LaTeX -----------------------------------------------------------------

latex_engine = "xelatex"
latex_documents = [
    ("index", "knowledge_record.tex", project, r"knowledge\_record", "manual"),
]
# booktabs works around a crash of Sphinx < 9.1.1 with TeX Live 2026.
latex_table_style = ["booktabs"]
latex_show_urls = "footnote"
latex_use_xindy = False
latex_domain_indices = False
latex_elements = {
    "papersize": "a4paper",
    "pointsize": "11pt",
    "extraclassoptions": "openany,oneside",
    "fontpkg": "",
    "fncychap": "",
    "figure_align": "htbp",
    # Addresses in footnotes may break at their hyphens.
    "passoptionstopackages": r"\PassOptionsToPackage{hyphens}{url}",
    # Babel sets English names at \begin{document}; ours come after it.
    "tableofcontents": (
        r"\chinesenames\setcounter{tocdepth}{2}\sphinxtableofcontents"
    ),
    "preamble": (ROOT / "_templates" / "latex" / "preamble.tex").read_text(
        encoding="utf-8"
    ),
}

# -- Link check ------------------------------------------------------------

linkcheck_timeout = 20
# Three attempts in all, with the pause that a 429 asks for.
linkcheck_retries = 3
linkcheck_rate_limit_timeout = 120
linkcheck_report_timeouts_as_broken = True
linkcheck_anchors = True
linkcheck_allow_unauthorized = False
# Each entry has its reason above it.
linkcheck_ignore: list[str] = []
