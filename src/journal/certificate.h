// The certificate of a verified run: the journal's account as one document of JSON lines that can
// be checked without the journal, <state>/certificates/<RUN>.jsonl.
//
//   header   {"sluice_certificate":1,"run","source","target","digest_version":1,"created_at",
//             "sluice_version","journal_hash","prev":""}
//   table    {"source","target","rows_source","rows_target","digest_source","digest_target",
//             "digest_published","rows_published","verified",
//             "losses":[{"column","reason","accepted"}],"texts":["column"],"prev"}
//                                                                                one line a table
//   end      {"end":true,"tables":N,"prev","hash"}
//
// "prev" is the SHA-256 of the whole line before, without its line feed, and always the last field
// of a line but the end's. "hash" is the SHA-256 of the end's own line up to the comma before it.
// So a change, a loss or an addition of any byte is found. "journal_hash" is the hash of the run's
// last event when the certificate was made.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "journal/journal.h"

namespace sluice {

inline constexpr int kCertificateVersion = 1;

struct CertifiedTable {
  std::string source;
  std::string target;
  Comparison comparison;  // `seconds` is not kept
  // What the table held when it was published: more than `comparison` after an append or a merge.
  std::string digest_published;
  std::uint64_t rows_published = 0;
  std::vector<PlannedLoss> losses;
  std::vector<std::string> texts = {};  // PlannedTable::texts: as the digests are of them
};

struct Certificate {
  std::string run;
  std::string source;  // Location::display()
  std::string target;
  int digest_version = 0;
  std::string created_at;  // RFC 3339
  std::string sluice_version;
  std::string journal_hash;
  std::vector<CertifiedTable> tables;
};

// Requires: `events` are those of `record`. Errors: kConflict where a table is not verified.
Result<Certificate> make_certificate(const RunRecord& record,
                                     const std::vector<StoredEvent>& events);

std::string encode_certificate(const Certificate& certificate);
// Errors: kCorrupt names the line that does not fit, kUnsupported for another version.
Result<Certificate> decode_certificate(const std::string& text, const std::string& name);

std::filesystem::path certificate_path(const std::filesystem::path& state_folder,
                                       const std::string& run);
// Whole or not at all. Returns: where it is.
Result<std::filesystem::path> write_certificate(const std::filesystem::path& state_folder,
                                                const Certificate& certificate);
Result<Certificate> read_certificate(const std::filesystem::path& path);

}  // namespace sluice
