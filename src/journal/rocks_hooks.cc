#include "journal/rocks_hooks.h"

#include <fmt/format.h>

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
  // Said whenever a journal is opened, and means nothing: DB::VerifyChecksum opens each table by
  // itself, without its number.
  if (std::string_view(format).contains("opened without unique ID to verify")) return;
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
  rows_doubtful_ |= status->IsCorruption();
}

void FaultListener::OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/,
                                         rocksdb::Status /*status*/, bool* auto_recovery) {
  *auto_recovery = false;
}

void FaultListener::OnCompactionCompleted(rocksdb::DB* /*db*/,
                                          const rocksdb::CompactionJobInfo& job) {
  const std::uint64_t lost = RowsLostBy(job);
  if (lost == 0) return;
  const std::lock_guard lock(mutex_);
  if (!fault_) fault_ = fmt::format("a compaction has lost {} rows that it could not read", lost);
  rows_doubtful_ = true;
}

std::optional<std::string> FaultListener::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

bool FaultListener::rows_doubtful() const {
  const std::lock_guard lock(mutex_);
  return rows_doubtful_;
}

void FaultListener::Forget() {
  const std::lock_guard lock(mutex_);
  fault_.reset();
  rows_doubtful_ = false;
}

std::uint64_t RowsLostBy(const rocksdb::CompactionJobInfo& job) {
  // A file that is moved to another level is not read.
  const bool moved = job.stats.num_input_records == 0 && job.input_files == job.output_files;
  if (!job.status.ok() || moved) return 0;
  std::uint64_t went_in = 0;
  for (const std::string& file : job.input_files) {
    const auto properties = job.table_properties.find(file);
    // Without them there is nothing to compare.
    if (properties == job.table_properties.end() || !properties->second) return 0;
    went_in += properties->second->num_entries;
  }
  // What the filter drops is first made a deletion, and counts as one.
  const std::uint64_t accounted = job.stats.num_output_records + job.stats.num_records_replaced +
                                  job.stats.num_expired_deletion_records;
  return went_in > accounted ? went_in - accounted : 0;
}

std::unique_ptr<rocksdb::CompactionFilter> ExpiryFilterFactory::CreateCompactionFilter(
    const rocksdb::CompactionFilter::Context& /*context*/) {
  const fleet::Horizon horizon = horizon_();
  constexpr fleet::Horizon kNever;
  if (horizon.rows == kNever.rows && horizon.tombstones == kNever.tombstones) return nullptr;
  return std::make_unique<ExpiryFilter>(horizon);
}

}  // namespace herd::journal
