#include "load/histogram.h"

#include <algorithm>
#include <cmath>

namespace herd::load {

void Histogram::Record(std::chrono::nanoseconds duration, std::uint64_t times) {
  const std::int64_t value = std::max<std::int64_t>(0, duration.count());
  counts_[ClassOf(static_cast<std::uint64_t>(value))] += times;
  count_ += times;
  if (times > 0) max_ = std::max(max_, value);
  sum_ += static_cast<double>(value) * static_cast<double>(times);
}

void Histogram::Merge(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

std::chrono::nanoseconds Histogram::Percentile(double percent) const {
  const double wanted = std::ceil(static_cast<double>(count_) * percent / 100);
  const std::uint64_t rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) {
      return std::chrono::nanoseconds(std::min(static_cast<std::int64_t>(EndOf(i)), max_));
    }
  }
  return max();
}

std::chrono::nanoseconds Histogram::Mean() const {
  if (count_ == 0) return std::chrono::nanoseconds(0);
  return std::chrono::nanoseconds(std::llround(sum_ / static_cast<double>(count_)));
}

}  // namespace herd::load
