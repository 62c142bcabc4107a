#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "server/status.h"

namespace herd::server {

// A server's status as metrics; those of parts that it does not have are left out. docs/metrics.md
// documents each.
std::vector<prometheus::MetricFamily> Metrics(const Status& status);

// The same in Prometheus' text format, version 0.0.4.
std::string MetricsText(const Status& status);

}  // namespace herd::server
