// Private to endpoint/ducklake: the rows of one bundle in a file of their own, with their numbers.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "endpoint/ducklake/compact_plan.h"
#include "lake_catalog/ducklake_commit.h"

namespace sluice::ducklake {

struct RewrittenRows {
  std::vector<LakeRewrite::File> files;
  std::uint64_t rows = 0;
};

struct RewritePlace {
  std::string run;
  std::string stem;               // what the files' names begin with
  std::filesystem::path scratch;  // not there yet, and not afterwards
  Files* files = &local_files();  // of the table's folder
};

// Writes them, reads them back, and holds the digests of both against each other, the numbers of
// rows among the values. Errors: kMismatch where they differ; the files are removed then.
Result<RewrittenRows> rewrite_rows(EngineConnection& connection, const CompactTable& table,
                                   const CompactBundle& bundle, Id snapshot,
                                   const RewritePlace& place,
                                   std::atomic<std::uint64_t>* rows_done);

}  // namespace sluice::ducklake
