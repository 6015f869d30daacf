// What earlier batches of a table left: dead ones are cleaned up, dropped rows are found again.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "ingest/batch_folder.h"
#include "ingest/input.h"
#include "ingest/lake_target.h"

namespace sluice::ingest {

// Batches of the target that are older than `batch` and whose process is gone: those that the
// catalog has are closed, what the others left is removed. Returns: stamps of the inputs that dead
// batches of this table committed, which nobody has been told.
Result<std::set<std::string>> clean_up(const std::filesystem::path& state, LakeTarget& target,
                                       const std::string& batch);

// Without a key only that tells that a row is in already: inputs of a batch whose process died
// between commit and report are not read again.
void leave_out_landed(const std::set<std::string>& landed, std::vector<Input>& inputs,
                      std::vector<std::string>& notes);

// The batch of the table that `batch`, a ULID or the beginning of one, names. Errors: kNotFound,
// kInvalid for the beginning of several.
Result<PastBatch> find_dropped(const std::filesystem::path& state, const LakeTarget& target,
                               const std::string& batch);

}  // namespace sluice::ingest
