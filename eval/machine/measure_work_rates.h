#pragma once

#include "eval/plan/work_rates.h"

namespace nf {

/// Times products, packing, drawing noise, statistics and reading on this machine for about a
/// second, with thread_count() threads. Products of a block's sizes stand for blocks: what is
/// around them takes a small, known share. Nothing is read from a disk: `reading` is the page
/// cache's speed.
WorkRates measure_work_rates();

}  // namespace nf
