#pragma once

#include <rocksdb/options.h>

#include <memory>

#include "journal/rocks_hooks.h"

namespace herd::journal {

// The settings of the database, and of the family of its rows. rocks_options.cc says why they are
// so.
rocksdb::DBOptions DatabaseOptions(rocksdb::Env* env, std::shared_ptr<WarningLog> log,
                                   std::shared_ptr<FaultListener> listener);
rocksdb::ColumnFamilyOptions RowsOptions(std::shared_ptr<ExpiryFilterFactory> filter);

// For reading all rows once.
rocksdb::ReadOptions BulkReadOptions();

}  // namespace herd::journal
