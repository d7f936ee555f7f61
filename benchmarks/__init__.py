"""Benchmarks behind `make bench`: each module measures one thing on servers of its own and stops by itself.

A benchmark is a module with `run(*, quick: bool) -> Result`, ended by `if __name__ == "__main__": harness.main(run)`,
and stands in `benchmarks.__main__.BENCHMARKS`. The product never imports this package.
"""
