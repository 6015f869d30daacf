// The rows of a prepared SELECT, fetched one by one as the server sends them and decoded from the
// binary protocol: numbers, floats and dates come as they are stored, without a text between.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "endpoint/mysql/native.h"
#include "endpoint/mysql/snapshot.h"
#include "engine/table_source.h"

namespace sluice::mysql {

Result<std::unique_ptr<PartitionReader>> open_binary_reader(SnapshotPool::Lease lease,
                                                            const std::string& sql,
                                                            std::string table,
                                                            std::vector<ReadColumn> columns,
                                                            const CancelToken* cancel);

// Errors: kCorrupt for bytes that are not UTF-8.
Status check_text(std::string_view text, const std::string& where);

// Makes every later read and write of the connection fail at once.
void shut_down(MYSQL* connection);

// Requires: interrupt() was called, and what the statement had sent is read.
void give_back_interrupted(SnapshotPool::Lease& lease);

}  // namespace sluice::mysql
