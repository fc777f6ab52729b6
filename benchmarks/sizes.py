"""How much is measured: `quick` shows that it works, `usual` is what figures are taken with, `full` takes an hour."""

from benchmarks.coalescing import CoalescingSize
from benchmarks.endtoend import Size
from benchmarks.filled import History
from benchmarks.hop import HopSize
from benchmarks.latency import LatencySize
from benchmarks.memory import MemorySize
from benchmarks.nearest import NearestSize

SIZES = {
    "quick": Size(rounds=1, messages=1500, warm_up=300, riders=500, connections=64),
    "usual": Size(rounds=3, messages=10_000, warm_up=1500, riders=2000, connections=64),
    "full": Size(rounds=5, messages=20_000, warm_up=2000, riders=2000, connections=64),
}
HOPS = {
    "quick": HopSize(rounds=1, alone=100, crowd=1000),
    "usual": HopSize(rounds=3, alone=1000, crowd=10_000),
    "full": HopSize(rounds=5, alone=2000, crowd=20_000),
}
NEAREST = {
    "quick": NearestSize(drivers=20_000, seconds=2),
    "usual": NearestSize(drivers=1_000_000, seconds=15),
    "full": NearestSize(drivers=1_000_000, seconds=60),
}
HISTORIES = {
    "quick": History(keys=20_000, people=2000, trips=2000),
    "usual": History(keys=10_000_000, people=1_000_000, trips=1_000_000),
    "full": History(keys=10_000_000, people=1_000_000, trips=1_000_000),
}
STEP_SECONDS = {"quick": 0.05, "usual": 0.5, "full": 2.0}
COALESCING = {
    "quick": CoalescingSize(rounds=1, seconds=0.3),
    "usual": CoalescingSize(rounds=3, seconds=2.0),
    "full": CoalescingSize(rounds=5, seconds=5.0),
}
LATENCIES = {
    "quick": LatencySize(SIZES["quick"], seconds=3),
    "usual": LatencySize(SIZES["usual"], seconds=20),
    "full": LatencySize(SIZES["full"], seconds=60),
}
MEMORIES = {
    "quick": MemorySize(messages=4000, riders=500),
    "usual": MemorySize(messages=100_000, riders=12_000),
    "full": MemorySize(messages=100_000, riders=12_000),
}
