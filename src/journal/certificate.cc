#include "journal/certificate.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"

namespace sluice {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kHashField = ",\"hash\":\"";
constexpr std::size_t kSha256Digits = 64;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The end's line up to the comma before "hash"; "" where it does not end in that field.
std::string_view without_hash(std::string_view line) {
  const std::size_t tail = kHashField.size() + kSha256Digits + 2;
  if (line.size() < tail || !line.ends_with("\"}")) return "";
  const std::string_view rest = line.substr(line.size() - tail);
  return rest.starts_with(kHashField) ? line.substr(0, line.size() - tail) : "";
}

Json to_json(const CertifiedTable& table) {
  const Comparison& comparison = table.comparison;
  Json losses = Json::array();
  for (const PlannedLoss& loss : table.losses) {
    losses.push_back(
        {{"column", loss.column}, {"reason", loss.reason}, {"accepted", loss.accepted}});
  }
  Json json = {{"source", table.source},
               {"target", table.target},
               {"rows_source", comparison.rows_source},
               {"rows_target", comparison.rows_target},
               {"digest_source", comparison.digest_source},
               {"digest_target", comparison.digest_target},
               {"digest_published", table.digest_published},
               {"rows_published", table.rows_published},
               {"verified", comparison.level},
               {"losses", std::move(losses)}};
  if (!table.texts.empty()) json["texts"] = table.texts;
  return json;
}

// This and read_header throw what nlohmann throws; decode_certificate catches it.
CertifiedTable read_table(const Json& json) {
  CertifiedTable table;
  table.source = json.at("source");
  table.target = json.at("target");
  table.comparison = {json.at("verified"),      json.at("rows_source"),   json.at("rows_target"),
                      json.at("digest_source"), json.at("digest_target"), 0};
  table.digest_published = json.at("digest_published");
  table.rows_published = json.at("rows_published");
  for (const Json& loss : json.at("losses")) {
    table.losses.push_back({loss.at("column"), loss.at("reason"), loss.at("accepted")});
  }
  table.texts = json.value("texts", std::vector<std::string>());
  return table;
}

void read_header(const Json& json, Certificate& certificate) {
  certificate.run = json.at("run");
  certificate.source = json.at("source");
  certificate.target = json.at("target");
  certificate.digest_version = json.at("digest_version");
  certificate.created_at = json.at("created_at");
  certificate.sluice_version = json.at("sluice_version");
  certificate.journal_hash = json.at("journal_hash");
}

// Collects lines, each with the hash of the one before.
class ChainWriter {
 public:
  void add(Json line) {
    line["prev"] = previous_;
    append(dump(line));
  }
  std::string finish(std::size_t tables) && {
    const Json end = {{"end", true}, {"tables", tables}, {"prev", previous_}};
    std::string line = dump(end);
    line.pop_back();
    append(fmt::format("{}{}{}\"}}", line, kHashField, sha256_hex(line)));
    return std::move(text_);
  }

 private:
  void append(const std::string& line) {
    previous_ = sha256_hex(line);
    text_ += line;
    text_ += '\n';
  }
  std::string text_;
  std::string previous_;
};

class ChainReader {
 public:
  explicit ChainReader(std::string name) : name_(std::move(name)) {}

  Result<Certificate> read(const std::string& text) {
    std::vector<std::string> lines = split(text, '\n');
    if (lines.back().empty()) {
      lines.pop_back();
    } else {
      return damaged(lines.size(), "the line is cut off");
    }
    if (lines.size() < 2) return damaged(lines.size(), "the end is missing");
    Certificate certificate;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      TRY(read_line(lines[i], i + 1, i + 1 == lines.size(), certificate));
    }
    return certificate;
  }

 private:
  std::unexpected<Error> damaged(std::size_t line, std::string_view what) const {
    return fail(Error(ErrorKind::kCorrupt,
                      fmt::format("certificate \"{}\", line {}: {}", name_, line, what))
                    .about(name_)
                    .advise("make a fresh proof with `sluice verify SOURCE TARGET`"));
  }

  Status read_line(const std::string& text, std::size_t line, bool last, Certificate& certificate) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return damaged(line, "not a JSON object");
    try {
      // A changed line shows in the one behind it, so that one is blamed on the line before.
      if (json.at("prev") != previous_) return damaged(line - 1, "changed after it was written");
      previous_ = sha256_hex(text);
      if (line == 1) return read_first(json, certificate);
      if (!last) {
        if (json.contains("end")) return damaged(line, "lines behind the end");
        certificate.tables.push_back(read_table(json));
        return {};
      }
      if (!json.contains("end")) return damaged(line, "the end is missing behind it");
      const std::string_view hashed = without_hash(text);
      if (hashed.empty() || json.at("hash") != sha256_hex(hashed)) {
        return damaged(line, "changed after it was written");
      }
      if (json.at("tables") != certificate.tables.size()) {
        return damaged(line, fmt::format("says {} tables, there are {}", json.at("tables").dump(),
                                         certificate.tables.size()));
      }
    } catch (const Json::exception& problem) {
      return damaged(line, problem.what());
    }
    return {};
  }

  Status read_first(const Json& json, Certificate& certificate) const {
    const int version = json.at("sluice_certificate");
    if (version < 1) return damaged(1, "no such version");
    if (version != kCertificateVersion) {
      return fail(Error(ErrorKind::kUnsupported,
                        fmt::format("certificate \"{}\" has version {}, this sluice reads {}",
                                    name_, version, kCertificateVersion))
                      .about(name_));
    }
    read_header(json, certificate);
    return {};
  }

  std::string name_;
  std::string previous_;
};

}  // namespace

Result<Certificate> make_certificate(const RunRecord& record,
                                     const std::vector<StoredEvent>& events) {
  RunProgress progress;
  for (const StoredEvent& event : events) progress = apply(std::move(progress), event.event);
  Certificate certificate{
      record.run, record.source, record.target, kDigestVersion, "", SLUICE_VERSION, "", {}};
  for (const TableProgress& table : progress.tables) {
    if (!table.verified) {
      return fail(Error(ErrorKind::kConflict, fmt::format("no certificate: table \"{}\" is not "
                                                          "verified",
                                                          table.plan.target))
                      .about(table.plan.target));
    }
    certificate.tables.push_back({table.plan.source, table.plan.target, *table.verified,
                                  table.published_digest, table.published_rows, table.plan.losses,
                                  table.plan.texts});
  }
  if (certificate.tables.empty()) {
    return fail(
        Error(ErrorKind::kConflict, "no certificate: the run has not started").about(record.run));
  }
  certificate.created_at = format_rfc3339(events.back().at_ms);
  certificate.journal_hash = events.back().hash;
  return certificate;
}

std::string encode_certificate(const Certificate& certificate) {
  ChainWriter chain;
  chain.add({{"sluice_certificate", kCertificateVersion},
             {"run", certificate.run},
             {"source", certificate.source},
             {"target", certificate.target},
             {"digest_version", certificate.digest_version},
             {"created_at", certificate.created_at},
             {"sluice_version", certificate.sluice_version},
             {"journal_hash", certificate.journal_hash}});
  for (const CertifiedTable& table : certificate.tables) chain.add(to_json(table));
  return std::move(chain).finish(certificate.tables.size());
}

Result<Certificate> decode_certificate(const std::string& text, const std::string& name) {
  return ChainReader(name).read(text);
}

std::filesystem::path certificate_path(const std::filesystem::path& state_folder,
                                       const std::string& run) {
  return state_folder / "certificates" / (run + ".jsonl");
}

Result<std::filesystem::path> write_certificate(const std::filesystem::path& state_folder,
                                                const Certificate& certificate) {
  const std::filesystem::path path = certificate_path(state_folder, certificate.run);
  TRY(make_folders(path.parent_path()));
  TRY(write_file_atomically(path, encode_certificate(certificate)));
  return path;
}

Result<Certificate> read_certificate(const std::filesystem::path& path) {
  TRY_ASSIGN(const std::string text, read_file(path));
  return decode_certificate(text, path.string());
}

}  // namespace sluice
