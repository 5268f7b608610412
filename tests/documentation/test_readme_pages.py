README = """# A
```mermaid
flowchart LR
    raw[(raw files)] --> ingestion --> report
    ingestion --> classification & router
```
## Results
numbers
## Limits
some
"""


def test_each_chain_of_rooms_stands_on_a_line_of_its_own(generator):
    pages = generator("readme_pages").write_readme_pages(README)
    chains = [line for line in pages["index.md"].splitlines() if "→" in line]
    assert chains == ["- **raw files** → **ingestion** → **report**", "- **ingestion** → **classification & router**"]
    assert pages["results.md"] == "# Results\nnumbers\n"
