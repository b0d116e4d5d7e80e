#pragma once

/// All charts: intervals by rows, lines and points over two axes, coloured cells.
#include "eval/report/heat_map.h"
#include "eval/report/interval_plot.h"
#include "eval/report/line_chart.h"
