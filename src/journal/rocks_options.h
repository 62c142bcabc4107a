#pragma once

#include <rocksdb/options.h>

#include <chrono>
#include <memory>

#include "journal/rocks_hooks.h"

namespace herd::journal {

// The age at which a file is rewritten by default, and so loses its expired rows.
inline constexpr std::chrono::seconds kRewriteAge{86'400};

// The settings of the database, and of the family of its rows. rocks_options.cc says why they are
// so.
rocksdb::DBOptions DatabaseOptions(rocksdb::Env* env, std::shared_ptr<WarningLog> log,
                                   std::shared_ptr<FaultListener> listener);
rocksdb::ColumnFamilyOptions RowsOptions(std::shared_ptr<ExpiryFilterFactory> filter,
                                         std::chrono::seconds rewrite_age = kRewriteAge);

// For reading all rows once.
rocksdb::ReadOptions BulkReadOptions();

}  // namespace herd::journal
