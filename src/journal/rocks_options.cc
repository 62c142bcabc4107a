#include "journal/rocks_options.h"

#include <rocksdb/memtablerep.h>
#include <rocksdb/table.h>

#include <cstdint>
#include <utility>

namespace herd::journal {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

}  // namespace

rocksdb::DBOptions DatabaseOptions(rocksdb::Env* env, std::shared_ptr<WarningLog> log,
                                   std::shared_ptr<FaultListener> listener) {
  rocksdb::DBOptions options;
  if (env != nullptr) options.env = env;
  options.info_log = std::move(log);
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.listeners = {std::move(listener)};
  // See FaultListener.
  options.max_bgerror_resume_count = 0;
  // The log is read at the next start before anything is served.
  options.max_total_wal_size = 48 * kMiB;
  // The last record may be torn by a crash; all before it is taken. What else is wrong with a log
  // is found before it is opened: DamageOfLogs.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // What was read from the log goes into a file of its own at once, so that a hole in an old log,
  // which a failed sync can leave, cannot hide what is logged later.
  options.avoid_flush_during_recovery = false;
  options.max_background_jobs = 2;
  // As the vector of RowsOptions needs it; there is one writer.
  options.allow_concurrent_memtable_write = false;
  options.max_manifest_file_size = 4 * kMiB;
  // Nobody reads them, and they delay the start.
  options.skip_stats_update_on_db_open = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions RowsOptions(std::shared_ptr<ExpiryFilterFactory> filter,
                                         std::chrono::seconds rewrite_age) {
  rocksdb::ColumnFamilyOptions options;
  options.compaction_filter_factory = std::move(filter);
  // Of its own accord RocksDB looks for old files only when one is made: RocksStore::RewriteOld.
  options.periodic_compaction_seconds = static_cast<std::uint64_t>(rewrite_age.count());
  // Not before the files have been looked through: a compaction may drop what it cannot read
  // (FaultListener).
  options.disable_auto_compactions = true;
  // Rows are put in order when they go to a file, all at once, not when they come: nobody looks for
  // one in between.
  options.memtable_factory = std::make_shared<rocksdb::VectorRepFactory>();
  options.write_buffer_size = 16 * kMiB;
  options.max_write_buffer_number = 6;
  // Each time these are merged all rows are: rather seldom than soon. A start reads them, too.
  options.level0_file_num_compaction_trigger = 8;
  // Small files, so that threads can share the load: their borders divide the keys.
  options.target_file_size_base = 8 * kMiB;
  options.max_bytes_for_level_base = 64 * kMiB;
  options.level_compaction_dynamic_level_bytes = true;
  // A row is rewritten soon, and a million take a hundred megabytes: packing them costs more than
  // it spares.
  options.compression = rocksdb::kNoCompression;
  rocksdb::BlockBasedTableOptions table;
  // Rows are read once, in order, at the start.
  table.no_block_cache = true;
  table.block_size = 32 * 1024;
  // As ScanTable knows them.
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

rocksdb::ReadOptions BulkReadOptions() {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = false;
  options.readahead_size = 2 * kMiB;
  return options;
}

}  // namespace herd::journal
