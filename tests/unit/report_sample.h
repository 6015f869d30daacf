// A report with every part, and names that would break a page that does not escape them.
#pragma once

#include <string>

#include "report/report.h"

namespace sluice::sample {

inline constexpr const char* kRun = "01JA0000000000000000000000";
inline constexpr const char* kDigest = "0000000000000000000000000000abcd";
inline constexpr const char* kOtherDigest = "0000000000000000000000000000abce";

inline TableReport table(const std::string& source, const std::string& target, std::uint64_t rows) {
  TableReport out;
  out.source = source;
  out.target = target;
  out.rows_source = rows;
  out.rows_target = rows;
  out.digest_source = kDigest;
  out.digest_target = kDigest;
  out.verified = "content";
  out.bytes = rows * 8;
  out.seconds = 1.5;
  out.chunks = 2;
  out.chunks_landed = 2;
  return out;
}

inline MigrationReport migration() {
  MigrationReport report;
  report.run = kRun;
  report.state = "done";
  report.source = "sqlite:a.db";
  report.target = "postgres://u@h/d";
  report.started_at = "2026-01-02T03:04:05.678Z";
  report.seconds = 4.25;
  report.tables.push_back(table("orders", "public.orders", 1234567));
  report.tables.push_back(table("<script>alert(1)</script>", "public.a|b", 3));
  report.tables[1].losses.push_back({"x", "as_text", true});
  report.certificate = ".sluice/certificates/01JA0000000000000000000000.jsonl";
  report.findings.push_back({"view_not_carried", "v_orders", "views stay behind"});
  report.steps.push_back({"copy", "2026-01-02T03:04:05.678Z", 2});
  report.rates = {{0.5, 400000}, {1, 650000}, {1.5, 610000}, {2, 809140}};
  report.version = "0.1.0";
  return report;
}

}  // namespace sluice::sample
