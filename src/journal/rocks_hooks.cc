#include "journal/rocks_hooks.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <utility>

#include "wire/at.h"

namespace herd::journal {
namespace {

constexpr std::chrono::seconds kWarningsWindow{10};
constexpr int kWarningsPerWindow = 20;

class ExpiryFilter : public rocksdb::CompactionFilter {
 public:
  explicit ExpiryFilter(const fleet::Horizon& horizon) : horizon_(horizon) {}

  bool Filter(int /*level*/, const rocksdb::Slice& /*client*/, const rocksdb::Slice& at_line,
              std::string* /*new_value*/, bool* /*value_changed*/) const override {
    return IsExpired(at_line.ToStringView(), horizon_);
  }
  const char* Name() const override { return "herd.expiry"; }

 private:
  const fleet::Horizon horizon_;
};

}  // namespace

bool IsExpired(std::string_view at_line, const fleet::Horizon& horizon) {
  const auto at = wire::ParseAt(at_line);
  if (!at) return false;
  return at->receipt < (wire::IsForgotten(at->location_text) ? horizon.tombstones : horizon.rows);
}

void WarningLog::Logv(const char* format, va_list arguments) {
  {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now >= window_end_) {
      window_end_ = now + kWarningsWindow;
      lines_in_window_ = 0;
    }
    if (++lines_in_window_ > kWarningsPerWindow) return;
  }
  std::array<char, 1024> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  const std::string_view all = text.data();
  // What follows the first line is for those who debug RocksDB.
  say_(Gravity::kWarning, "RocksDB: " + std::string(all.substr(0, all.find('\n'))));
}

void FaultListener::OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/,
                                      rocksdb::Status* status) {
  const std::lock_guard lock(mutex_);
  if (!fault_) fault_ = status->ToString();
}

void FaultListener::OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/,
                                         rocksdb::Status /*status*/, bool* auto_recovery) {
  *auto_recovery = false;
}

std::optional<std::string> FaultListener::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

void FaultListener::Forget() {
  const std::lock_guard lock(mutex_);
  fault_.reset();
}

std::unique_ptr<rocksdb::CompactionFilter> ExpiryFilterFactory::CreateCompactionFilter(
    const rocksdb::CompactionFilter::Context& /*context*/) {
  const fleet::Horizon horizon = horizon_();
  constexpr fleet::Horizon kNever;
  if (horizon.rows == kNever.rows && horizon.tombstones == kNever.tombstones) return nullptr;
  return std::make_unique<ExpiryFilter>(horizon);
}

}  // namespace herd::journal
