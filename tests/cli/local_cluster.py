"""A Dask cluster of two worker processes: prints its address, ends with its input."""

import sys
from importlib import import_module


def main() -> None:
    distributed = import_module("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()


if __name__ == "__main__":  # its workers import this file
    main()
