#include "lake_catalog/iceberg_in_rest.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "format/iceberg/table_change_json.h"
#include "store/percent.h"

namespace sluice {
namespace {

using iceberg::Json;
using iceberg::JsonFields;

constexpr const char* kTransaction = "POST /v1/{prefix}/transactions/commit";
constexpr const char* kCredentials =
    "GET /v1/{prefix}/namespaces/{namespace}/tables/{table}/credentials";

RestConfig over(RestConfig below, const RestConfig& above) {
  for (const auto& [name, value] : above) below[name] = value;
  return below;
}

std::unexpected<Error> fail(RestFailure failure) { return sluice::fail(std::move(failure.error)); }

// It may have several parts, and some servers escape it themselves.
std::string encoded_prefix(const std::string& prefix) {
  return prefix.empty() ? "/v1" : "/v1/" + percent_encode_path(percent_decode(prefix, false));
}

bool starts_with(const RestLevels& levels, const RestLevels& parent) {
  return levels.size() == parent.size() + 1 &&
         std::equal(parent.begin(), parent.end(), levels.begin());
}

RestLevels levels_of(const Json& json) {
  RestLevels out;
  if (!json.is_array()) return out;
  for (const Json& level : json) {
    if (level.is_string()) out.push_back(level.get<std::string>());
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<IcebergCatalog>> IcebergInRest::open(RestClient client,
                                                            IcebergInRestOptions options) {
  std::unique_ptr<IcebergInRest> out(new IcebergInRest(std::move(client), std::move(options)));
  TRY(out->configure());
  return out;
}

Status IcebergInRest::configure() {
  RestRequest request{"GET", "/v1/config", {}, nullptr, "read the configuration", false};
  if (!options_.warehouse.empty()) request.query = {{"warehouse", options_.warehouse}};
  const RestAnswer answer = client_.send(request);
  if (!answer) return fail(answer.error());
  const JsonFields fields(*answer, "the configuration of " + options_.display);
  config_ = over(config_of(fields.find("defaults")), config_of(fields.find("overrides")));
  prefix_ = encoded_prefix(config_["prefix"]);
  if (const auto at = config_.find("namespace-separator"); at != config_.end()) {
    separator_ = percent_decode(at->second, false);
  }
  const Json* endpoints = fields.find("endpoints");
  if (endpoints == nullptr || !endpoints->is_array()) {
    endpoints_ = {kTransaction};  // of those that are asked for
    return {};
  }
  for (const Json& one : *endpoints) {
    if (one.is_string()) endpoints_.insert(one.get<std::string>());
  }
  return {};
}

Result<std::vector<Json>> IcebergInRest::list(const std::string& behind, const char* member,
                                              const std::string& parent,
                                              const std::string& action) {
  std::vector<Json> out;
  std::string page;
  while (true) {
    RestRequest request{"GET", path(behind), {}, nullptr, action, false};
    if (!parent.empty()) request.query.emplace_back("parent", parent);
    // Without it a server that has pages gives all at once.
    request.query.emplace_back("pageToken", page);
    const RestAnswer answer = client_.send(request);
    if (!answer) return fail(answer.error());
    const JsonFields fields(*answer, "the answer of " + options_.display);
    TRY_ASSIGN(const Json* const entries, fields.list(member));
    out.insert(out.end(), entries->begin(), entries->end());
    TRY_ASSIGN(const auto next, fields.maybe_text("next-page-token"));
    if (!next || next->empty() || *next == page) return out;
    page = *next;
  }
}

Status IcebergInRest::add_namespaces(const RestLevels& parent, std::vector<std::string>& out) {
  TRY_ASSIGN(const auto entries,
             list("/namespaces", "namespaces", join(parent, separator_), "list the namespaces"));
  for (const Json& entry : entries) {
    const RestLevels levels = levels_of(entry);
    // Some servers list all of them whatever the parent.
    if (!starts_with(levels, parent)) continue;
    out.push_back(join_levels(levels));
    TRY(add_namespaces(levels, out));
  }
  return {};
}

Result<std::vector<std::string>> IcebergInRest::namespaces() {
  std::vector<std::string> out;
  TRY(add_namespaces({}, out));
  std::sort(out.begin(), out.end());
  return out;
}

Result<std::map<std::string, std::string>> IcebergInRest::properties(const std::string& space) {
  const RestAnswer answer = client_.send({"GET",
                                          path(namespace_path(split_levels(space), separator_)),
                                          {},
                                          nullptr,
                                          fmt::format("read namespace \"{}\"", space),
                                          false});
  if (!answer) return fail(answer.error());
  return config_of(JsonFields(*answer, "a namespace").find("properties"));
}

Status IcebergInRest::create_namespace(const std::string& space,
                                       const std::map<std::string, std::string>& properties) {
  const RestLevels levels = split_levels(space);
  for (std::size_t depth = 1; depth <= levels.size(); ++depth) {
    const bool is_it = depth == levels.size();
    const RestLevels part(levels.begin(), levels.begin() + static_cast<std::ptrdiff_t>(depth));
    Json body = {{"namespace", part}, {"properties", Json::object()}};
    if (is_it) body["properties"] = properties;
    RestAnswer answer = client_.send({"POST",
                                      path("/namespaces"),
                                      {},
                                      std::move(body),
                                      fmt::format("make namespace \"{}\"", join_levels(part)),
                                      false});
    if (answer) continue;
    if (answer.error().status != 409) return fail(std::move(answer.error()));
    if (!is_it) continue;
    answer.error().error.kind = ErrorKind::kExists;
    return fail(std::move(answer.error()));
  }
  return {};
}

Status IcebergInRest::drop_namespace(const std::string& space) {
  const RestAnswer answer = client_.send({"DELETE",
                                          path(namespace_path(split_levels(space), separator_)),
                                          {},
                                          nullptr,
                                          fmt::format("drop namespace \"{}\"", space),
                                          false});
  if (answer || answer.error().status == 404) return {};
  return fail(answer.error());
}

Result<std::vector<std::string>> IcebergInRest::tables(const std::string& space) {
  const std::string behind = namespace_path(split_levels(space), separator_) + "/tables";
  auto entries =
      list(behind, "identifiers", "", fmt::format("list the tables of namespace \"{}\"", space));
  if (!entries && entries.error().kind == ErrorKind::kNotFound) return std::vector<std::string>();
  if (!entries) return sluice::fail(std::move(entries.error()));
  std::vector<std::string> out;
  for (const Json& entry : *entries) {
    TRY_ASSIGN(std::string name, JsonFields(entry, "a table's name").text("name"));
    out.push_back(std::move(name));
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<LentStorage> IcebergInRest::storage_of(const IcebergName& name, const Json& answer,
                                              const std::string& location) {
  const JsonFields fields(answer, "the answer of " + options_.display);
  const RestConfig config = over(config_, config_of(fields.find("config")));
  LentStorage out =
      storage_by(storage_config(fields.find("storage-credentials"), location, config), options_.s3);
  const bool is_asked = location.starts_with("s3") && !out.s3.has_keys() && offers(kCredentials);
  if (!is_asked) return out;
  const RestAnswer lent =
      client_.send({"GET",
                    path(table_path(name, separator_) + "/credentials"),
                    {},
                    nullptr,
                    fmt::format("read the credentials of table \"{}\"", name.text()),
                    false});
  if (!lent) return fail(lent.error());
  const Json* credentials = JsonFields(*lent, "credentials").find("storage-credentials");
  return storage_by(storage_config(credentials, location, config), options_.s3);
}

Result<IcebergTable> IcebergInRest::table_of(const IcebergName& name, const Json& answer) {
  const JsonFields fields(answer, fmt::format("table \"{}\"", name.text()));
  if (fields.find("read-restrictions") != nullptr) {
    return sluice::fail(
        Error(ErrorKind::kUnsupported,
              fmt::format("table \"{}\" of {} may be read in part only (read-restrictions)",
                          name.text(), options_.display))
            .about(name.text())
            .advise("sluice does not read parts of tables: ask for a user who may read all of it"));
  }
  IcebergTable out;
  out.name = name;
  TRY_ASSIGN(const auto place, fields.maybe_text("metadata-location"));
  out.metadata_location = place.value_or("");
  TRY_ASSIGN(const Json* const metadata, fields.object("metadata"));
  TRY_ASSIGN(out.metadata, iceberg::parse_metadata(
                               iceberg::json_text(*metadata),
                               fmt::format("table \"{}\" of {}", name.text(), options_.display)));
  TRY_ASSIGN(LentStorage storage, storage_of(name, answer, out.metadata.location));
  out.s3 = std::move(storage.s3);
  out.s3_is_lent = storage.is_lent;
  out.s3_ends_ms = storage.ends_ms;
  return out;
}

Result<std::optional<IcebergTable>> IcebergInRest::load(const IcebergName& name) {
  const RestAnswer answer = client_.send({"GET",
                                          path(table_path(name, separator_)),
                                          {},
                                          nullptr,
                                          fmt::format("read table \"{}\"", name.text()),
                                          false});
  if (!answer && answer.error().status == 404) return std::nullopt;
  if (!answer) return fail(answer.error());
  TRY_ASSIGN(IcebergTable table, table_of(name, *answer));
  return table;
}

Result<IcebergTable> IcebergInRest::stage(const IcebergName& name, const iceberg::NewTable& table) {
  RestAnswer answer =
      client_.send({"POST",
                    path(namespace_path(split_levels(name.space), separator_) + "/tables"),
                    {},
                    iceberg::stage_request(name.table, table),
                    fmt::format("make table \"{}\"", name.text()),
                    false});
  if (!answer && answer.error().status == 409) answer.error().error.kind = ErrorKind::kExists;
  if (!answer) return fail(std::move(answer.error()));
  TRY_ASSIGN(IcebergTable staged, table_of(name, *answer));
  staged.metadata_location.clear();
  return staged;
}

Result<bool> IcebergInRest::commits_together() { return offers(kTransaction); }

Result<CommitOutcome> IcebergInRest::drop(const IcebergTable& seen) {
  for (int tries = 1;; ++tries) {
    const RestAnswer answer = client_.send({"DELETE",
                                            path(table_path(seen.name, separator_)),
                                            {{"purgeRequested", "false"}},
                                            nullptr,
                                            fmt::format("drop table \"{}\"", seen.name.text()),
                                            true});
    if (answer) return CommitOutcome::kCommitted;
    // A later try finds that an earlier one was done.
    if (answer.error().status == 404) {
      return tries > 1 ? CommitOutcome::kCommitted : CommitOutcome::kConflict;
    }
    if (!answer.error().may_have_happened) return fail(answer.error());
    const auto there = load(seen.name);
    if (!there) return CommitOutcome::kUnknown;
    if (!*there) return CommitOutcome::kCommitted;
    const bool is_same = (*there)->metadata.table_uuid == seen.metadata.table_uuid;
    if (!is_same || !wait_for_retry(client_.retry(), tries, 0)) return CommitOutcome::kUnknown;
  }
}

Result<CommitOutcome> IcebergInRest::rename(const IcebergName& from, const IcebergName& to) {
  TRY_ASSIGN(const auto before, load(from));
  if (!before) return CommitOutcome::kConflict;
  const auto identifier = [](const IcebergName& name) {
    return Json{{"namespace", split_levels(name.space)}, {"name", name.table}};
  };
  for (int tries = 1;; ++tries) {
    const RestAnswer answer =
        client_.send({"POST",
                      path("/tables/rename"),
                      {},
                      Json{{"source", identifier(from)}, {"destination", identifier(to)}},
                      fmt::format("rename table \"{}\" to \"{}\"", from.text(), to.text()),
                      true});
    if (answer) return CommitOutcome::kCommitted;
    const RestFailure& failed = answer.error();
    const bool is_refused = failed.status == 404 || failed.status == 409;
    if (is_refused && tries == 1) return CommitOutcome::kConflict;
    if (!is_refused && !failed.may_have_happened) return fail(failed);
    const auto there = load(to);
    if (!there) return CommitOutcome::kUnknown;
    if (*there) {
      const bool is_ours = (*there)->metadata.table_uuid == before->metadata.table_uuid;
      return is_ours ? CommitOutcome::kCommitted : CommitOutcome::kConflict;
    }
    if (is_refused || !wait_for_retry(client_.retry(), tries, 0)) return CommitOutcome::kUnknown;
  }
}

}  // namespace sluice
