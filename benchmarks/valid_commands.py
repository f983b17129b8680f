"""Command lines that work, small enough to be solved thousands of times, and the files that they name."""

from __future__ import annotations

#: Files of every kind, by the name that the command lines know them under.
FILES = {
    "scenario.toml": """\
title = "a small machine"
[sizes]
law = "uniform"
low = 1
high = 40
[cpu]
cores = 3
curve = "cpu.csv"
scv = 0.1
[accelerator]
units = 1
curve = "accelerator.csv"
[sla]
percentile = 95
milliseconds = 60.0
scope = "machine"
[policy]
batch_size = 16
offload_above = 30
[load]
qps = 40.0
""",
    "modelled.toml": """\
input_loading = "all"
[sizes]
trace = "sizes.csv"
[cpu]
cores = 2
model = "ranker.toml"
hardware = "server.toml"
[sla]
percentile = 99
milliseconds = 30
""",
    "lognormal.toml": """\
[sizes]
law = "lognormal"
median = 10
sigma = 0.5
max_size = 40
[cpu]
cores = 2
curve = "profile.toml"
[sla]
percentile = 95
milliseconds = 60
[policy]
batch_size = 8
""",
    "normal.toml": """\
[sizes]
law = "normal"
mean = 10
standard_deviation = 3
min_size = 2
max_size = 40
[cpu]
cores = 2
curve = "cpu.csv"
[load]
qps = 30
""",
    "profile.toml": """\
name = "a core"
kind = "cpu"
cores = 4
provenance = "measured"
scv = 0.05
batch_sizes = [1, 16, 64]
milliseconds = [1.0, 4.0, 12.0]
[contention]
busy_cores = [1, 4]
slowdowns = [1.0, 1.2]
[fit]
source = "measurements.csv"
runs = 30
points = 3
smallest_batch = 1
largest_batch = 64
mape_percent = 1.5
leave_one_out_percent = 2.5
""",
    "by_batch.toml": """\
batch_sizes = [1, 64]
seconds = [0.001, 0.012]
[contention]
batch_sizes = [1, 64]
busy_cores = [1, 2, 4]
slowdowns = [[1.0, 1.1, 1.3], [1.0, 1.0, 1.1]]
""",
    "ranker.toml": """\
dense_features = 13
bottom_fc = [64, 16]
embedding_dim = 16
lookups = 4
tables = [{ count = 5, rows = 1000 }, { rows = 50, dim = 16, lookups = 1, role = "feature" }]
interaction = "dot"
top_fc = [32, 1]
last_activation = "sigmoid"
""",
    "recurrent.toml": """\
name = "history"
tables = [{ rows = 100, dim = 8, lookups = 1, vectors = 6, role = "behaviour" }]
recurrent = [{ hidden = 8, cell = "gru" }]
dense_features = 4
interaction = "concat"
concat_width = 12
task_fc = [4, 1]
tasks = 2
""",
    "server.toml": """\
kind = "cpu"
description = "a small server"
cores = 4
sockets = 2
frequency_ghz = 2.6
fp32_gflops_per_core = 80
l2_kib_per_core = 1024
l3_mib_per_socket = 20
l3_policy = "inclusive"
memory_gbps_per_socket = 60.0
tdp_watts = 90
idle_watts = 40
""",
    "card.toml": """\
kind = "accelerator"
description = "a small card"
fp32_gflops = 4000
memory_gbps = 200
memory_gib = 8
pcie_gbps = 12
half_gflops = 8000
tdp_watts = 70
""",
    "cpu.csv": "batch_size,milliseconds\n1,1.0\n8,2.5\n16,4.0\n64,12.0\n",
    "accelerator.csv": "batch_size,seconds\n1,0.004\n64,0.006\n",
    "sizes.csv": "size\n" + "".join(f"{1 + 7 * i % 40}\n" for i in range(40)),
    "counts.csv": "size,count\n" + "".join(f"{size},{size % 5}\n" for size in range(1, 40)),
    "probabilities.csv": "size,probability\n1,0.25\n10,0.5\n40,0.25\n",
    "day.csv": "time,qps\n00:00,900\n08:30,2400\n20:00,1500\n",
    "measurements.csv": "batch_size,busy_cores,milliseconds\n"
    + "".join(
        f"{batch},{busy},{batch * 0.2 * (1 + busy / 20) + 0.01 * i}\n"
        for batch in (1, 8, 64)
        for busy in (1, 4)
        for i in range(4)
    ),
}

#: Command lines, and how often each is taken; those that take seconds are taken less often. All but the last work; that
#: would take long.
COMMANDS = {
    "tune scenario.toml --method hill-climb --sla-ms 50 --percentile 99": 6,
    "tune modelled.toml --method refined --scope machine": 3,
    "tune --model ranker.toml --cpu server.toml --cores 2 --accelerator card.toml --units 1 --sizes-file counts.csv "
    "--sla-ms 50 --method hill-climb --input-loading all --scv 0.2": 6,
    "tune lognormal.toml --method exact --format json --output tuned.json": 3,
    "analyze scenario.toml --qps 30 --percentile 99 --percentile 99.9 --format csv": 8,
    "analyze normal.toml --batch-size 8 --format json": 6,
    "analyze --cpu profile.toml --cores 3 --accelerator accelerator.csv --units 2 --scv 0.5 --qps 50 --batch-size 16 "
    "--offload-above 20 --sizes-file probabilities.csv": 8,
    "analyze --model wnd --cpu skylake --cores 4 --qps 50 --batch-size 64 --sizes ribbon --preset repository": 4,
    "analyze --cpu by_batch.toml --cores 4 --qps 50 --batch-size 16 --sizes-file sizes.csv --format markdown": 4,
    "validate scenario.toml --queries 1000 --seed 7": 4,
    "size scenario.toml --batch-size 16 --target-qps 1000 --headroom 0.2 --spare 1 --price 1.5 --watts-cpu 100:50 "
    "--watts-accelerator 70 --accounting tdp": 6,
    "size scenario.toml --batch-size 16 --offload-above none --target-qps day.csv --format csv": 6,
    "size modelled.toml --batch-size 16 --target-qps 1000 --accounting utilization --format json": 4,
    "sweep scenario.toml --over cores=2,3 --batch-size 16 --format csv": 5,
    "sweep scenario.toml --over sla-ms=20:60:2 --over offload-above=none,20 --batch-size 16": 5,
    "sweep scenario.toml --over sizes=counts.csv,sizes.csv --over batch-size=8:32:2:log --plot -": 5,
    "fit measurements.csv --kind cpu --cores 4 --name mine --scv 0.1 --out fitted.toml --format json": 8,
    "list models --format json --output models.json": 2,
    "list hardware --format csv": 1,
    "list sizes": 1,
    "show ranker.toml --cpu server.toml --accelerator card.toml --batch-size 16 --input-loading all --format json": 6,
    "show recurrent.toml --cpu server.toml --format csv": 6,
    "show wnd --cpu broadwell --preset paper --plot -": 2,
    "what-if modelled.toml --lever int8 --lever cache-hits=0.5 --method hill-climb --sla-ms 40": 3,
    "what-if --model ranker.toml --cpu server.toml --accelerator card.toml --sizes-file sizes.csv --cores 2 "
    "--lever wider-simd=2 --sla-ms 60 --method hill-climb --format json": 3,
    "schema tune --output schema.json": 1,
    "plot load scenario.toml --batch-size 16 --qps 30": 3,
    "plot cdf scenario.toml --qps 30 --queries 1000 --seed 3": 3,
    "plot operators --model ranker.toml --cpu server.toml --batch-size 16 --output operators.svg": 1,
    "plot roofline --model ranker.toml --cpu server.toml --accelerator card.toml": 3,
    "plot pareto scenario.toml --over cores=1,2 --batch-size 16 --output -": 3,
    "plot day scenario.toml --target-qps day.csv --headroom 0.1 --spare 2 --batch-size 16": 3,
    "plot landscape scenario.toml": 1,
    "report scenario.toml --method hill-climb --queries 1000 --target-qps 500 --output page.html": 1,
    "export scenario.toml --to deeprecsys --batch-size 16 --offload-above 30": 3,
    "export scenario.toml --to triton --batch-size 16 --output config.pbtxt": 3,
    "export --model ranker.toml --cpu server.toml --cores 2 --sizes-file sizes.csv --sla-ms 40 --batch-size 16 "
    "--to toml --output exported.toml": 4,
    "explain batch size --format markdown": 1,
    "compare --cpu server.toml --accelerator none --model ncf --sla high --workers 1 --format csv": 1,
    "calibrate --out server.toml --format json": 1,
}
