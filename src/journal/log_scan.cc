#include "journal/log_scan.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <cstddef>
#include <string>

#include "journal/little_endian.h"

namespace herd::journal {
namespace {

// The layout is that of github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format: blocks of 32
// KiB with the pieces of records, each with a checksum, its length and its kind.
constexpr std::size_t kBlockBytes = std::size_t{32} * 1024;
constexpr std::size_t kHeaderBytes = 7;

enum class Kind : unsigned char { kNothing = 0, kFull, kFirst, kMiddle, kLast };

// CRC-32C.
using Crc = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

// As RocksDB stores it, so that a checksum of what holds checksums is a good one.
std::uint32_t Masked(std::uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8U;
}

bool IsEmpty(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == 0; });
}

// Takes the rows out of a batch.
class Rows : public rocksdb::WriteBatch::Handler {
 public:
  explicit Rows(const TakeEntry& take) : take_(take) {}

  rocksdb::Status PutCF(std::uint32_t family, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    constexpr std::uint32_t kRows = 0;
    if (family == kRows && take_) take_(key.ToStringView(), value.ToStringView());
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteCF(std::uint32_t /*family*/, const rocksdb::Slice& /*key*/) override {
    return rocksdb::Status::OK();
  }

 private:
  const TakeEntry& take_;
};

class Scanner {
 public:
  explicit Scanner(const TakeEntry& take) : take_(take) {}

  LogScan Scan(std::string_view file) {
    while (!file.empty()) {
      const std::string_view block = file.substr(0, kBlockBytes);
      file.remove_prefix(block.size());
      ScanBlock(block, file.empty());
    }
    result_.torn |= in_record_;
    return result_;
  }

 private:
  const TakeEntry& take_;
  LogScan result_;
  std::string record_;      // what there is of it
  bool in_record_ = false;  // more of it is to come
  bool emptiness_ = false;  // what was written seems to be over

  // The rest of the block is of no use: without its checksum a length cannot be believed.
  void Damage() {
    result_.damaged = true;
    in_record_ = false;
  }

  void ScanBlock(std::string_view block, bool last) {
    // What the block has of its full size.
    const std::size_t missing = kBlockBytes - block.size();
    while (block.size() >= kHeaderBytes) {
      const std::size_t length = Fixed16(block.substr(4));
      const auto kind = static_cast<unsigned char>(block[6]);
      if (kind == 0 && length == 0 && IsEmpty(block)) {
        emptiness_ = true;
        return;
      }
      if (kind == 0 || kind > static_cast<unsigned char>(Kind::kLast)) return Damage();
      if (length > block.size() - kHeaderBytes) {
        // Longer than the file is as it should be at the end of a torn one only.
        if (!last || length > block.size() + missing - kHeaderBytes) return Damage();
        result_.torn = true;
        in_record_ = false;
        return;
      }
      const std::string_view checked = block.substr(6, 1 + length);
      Crc crc;
      crc.process_bytes(checked.data(), checked.size());
      if (Masked(crc.checksum()) != Fixed32(block)) return Damage();
      if (emptiness_) result_.damaged = true;
      TakePiece(static_cast<Kind>(kind), checked.substr(1));
      block.remove_prefix(kHeaderBytes + length);
    }
    if (last && !block.empty() && !IsEmpty(block)) result_.torn = true;
  }

  void TakePiece(Kind kind, std::string_view piece) {
    const bool begins = kind == Kind::kFull || kind == Kind::kFirst;
    // Pieces of a record whose others are damaged, which has been told.
    if (!begins && !in_record_) return;
    if (begins && in_record_) result_.damaged = true;
    if (begins) record_.clear();
    record_.append(piece);
    in_record_ = kind == Kind::kFirst || kind == Kind::kMiddle;
    if (!in_record_) TakeRecord();
  }

  void TakeRecord() {
    if (!take_) return;
    Rows rows(take_);
    const rocksdb::WriteBatch batch(record_);
    if (!batch.Iterate(&rows).ok()) result_.damaged = true;
  }
};

}  // namespace

LogScan ScanLog(std::string_view file, const TakeEntry& take) {
  return Scanner(take).Scan(file);
}

}  // namespace herd::journal
