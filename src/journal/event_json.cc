#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "base/secret.h"
#include "journal/event.h"

namespace sluice {
namespace {

using Json = nlohmann::ordered_json;

// In the order of Event's alternatives.
constexpr std::array<std::string_view, std::variant_size_v<Event>> kKinds = {
    "started",           "backed_up",      "snapshot_taken", "table_started",    "chunk_landed",
    "table_copied",      "table_verified", "differs",        "publish_intended", "published",
    "rollback_intended", "rolled_back",    "interrupted",    "resumed",          "failed",
    "forgotten",         "note",           "rejected"};

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json to_json(const Error& error) {
  return {{"kind", to_string(error.kind)},
          {"message", redact(error.message)},
          {"object", redact(error.object)},
          {"vendor_code", error.vendor_code},
          {"hint", redact(error.hint)}};
}

Error error_from(const Json& json) {
  Error error(ErrorKind::kInternal, json.at("message").get<std::string>());
  const auto name = json.at("kind").get<std::string>();
  for (int i = 0; i <= static_cast<int>(ErrorKind::kInternal); ++i) {
    if (to_string(static_cast<ErrorKind>(i)) == name) error.kind = static_cast<ErrorKind>(i);
  }
  error.object = json.at("object").get<std::string>();
  error.vendor_code = json.at("vendor_code").get<std::string>();
  error.hint = json.at("hint").get<std::string>();
  return error;
}

Json to_json(const PlannedTable& table) {
  Json losses = Json::array();
  for (const PlannedLoss& loss : table.losses) {
    losses.push_back(
        {{"column", loss.column}, {"reason", loss.reason}, {"accepted", loss.accepted}});
  }
  Json json = {{"source", table.source},
               {"target", table.target},
               {"chunks", table.chunks},
               {"losses", std::move(losses)}};
  if (!table.texts.empty()) json["texts"] = table.texts;
  return json;
}

PlannedTable planned_table_from(const Json& json) {
  PlannedTable table{json.at("source"), json.at("target"), json.at("chunks"), {}};
  for (const Json& loss : json.at("losses")) {
    table.losses.push_back({loss.at("column"), loss.at("reason"), loss.at("accepted")});
  }
  table.texts = json.value("texts", std::vector<std::string>());
  return table;
}

Json to_json(int table, const Comparison& comparison) {
  return {{"table", table},
          {"level", comparison.level},
          {"rows_source", comparison.rows_source},
          {"rows_target", comparison.rows_target},
          {"digest_source", comparison.digest_source},
          {"digest_target", comparison.digest_target},
          {"seconds", comparison.seconds}};
}

Comparison comparison_from(const Json& json) {
  return {json.at("level"),         json.at("rows_source"),   json.at("rows_target"),
          json.at("digest_source"), json.at("digest_target"), json.at("seconds")};
}

struct Encoder {
  Json operator()(const Started& event) const {
    Json tables = Json::array();
    for (const PlannedTable& table : event.tables) tables.push_back(to_json(table));
    Json findings = Json::array();
    for (const Finding& finding : event.findings) {
      findings.push_back(
          {{"kind", finding.kind}, {"object", finding.object}, {"message", finding.message}});
    }
    return {{"tables", std::move(tables)}, {"findings", std::move(findings)}};
  }
  Json operator()(const BackedUp& event) const {
    return {{"file", event.file}, {"bytes", event.bytes}, {"sha256", event.sha256}};
  }
  Json operator()(const SnapshotTaken& event) const { return {{"fingerprint", event.fingerprint}}; }
  Json operator()(const TableStarted& event) const {
    return {{"table", event.table}, {"chunks", event.chunks}, {"reason", redact(event.reason)}};
  }
  Json operator()(const ChunkLanded& event) const {
    return {{"table", event.table},   {"chunk", event.chunk}, {"rows", event.rows},
            {"digest", event.digest}, {"bytes", event.bytes}, {"seconds", event.seconds}};
  }
  Json operator()(const TableCopied& event) const { return {{"table", event.table}}; }
  Json operator()(const TableVerified& event) const {
    return to_json(event.table, event.comparison);
  }
  Json operator()(const Differs& event) const {
    Json json = to_json(event.table, event.comparison);
    json["message"] = redact(event.message);
    return json;
  }
  Json operator()(const Published& event) const {
    return {{"digests", event.digests}, {"rows", event.rows}, {"shapes", event.shapes}};
  }
  Json operator()(const RolledBack& event) const { return {{"steps", event.steps}}; }
  Json operator()(const Interrupted& event) const { return {{"reason", redact(event.reason)}}; }
  Json operator()(const Resumed& event) const { return {{"note", redact(event.note)}}; }
  Json operator()(const Failed& event) const { return {{"error", to_json(event.error)}}; }
  Json operator()(const Note& event) const { return {{"text", redact(event.text)}}; }
  Json operator()(const Rejected& event) const {
    return {{"table", event.table}, {"rows", event.rows}, {"file", event.file}};
  }
  template <typename Empty>
  Json operator()(const Empty&) const {
    static_assert(std::is_empty_v<Empty>);
    return Json::object();
  }
};

// The decoders throw what nlohmann throws; decode_event alone calls them and catches it.
void read(const Json& json, Started& event) {
  for (const Json& table : json.at("tables")) event.tables.push_back(planned_table_from(table));
  for (const Json& finding : json.at("findings")) {
    event.findings.push_back({finding.at("kind"), finding.at("object"), finding.at("message")});
  }
}
void read(const Json& json, BackedUp& event) {
  event = {json.at("file"), json.at("bytes"), json.at("sha256")};
}
void read(const Json& json, SnapshotTaken& event) { event = {json.at("fingerprint")}; }
void read(const Json& json, TableStarted& event) {
  event = {json.at("table"), json.at("chunks"), json.at("reason")};
}
void read(const Json& json, ChunkLanded& event) {
  event = {json.at("table"),  json.at("chunk"), json.at("rows"),
           json.at("digest"), json.at("bytes"), json.at("seconds")};
}
void read(const Json& json, TableCopied& event) { event = {json.at("table")}; }
void read(const Json& json, TableVerified& event) {
  event = {json.at("table"), comparison_from(json)};
}
void read(const Json& json, Differs& event) {
  event = {json.at("table"), comparison_from(json), json.at("message")};
}
void read(const Json& json, Published& event) {
  json.at("digests").get_to(event.digests);
  json.at("rows").get_to(event.rows);
  if (json.contains("shapes")) json.at("shapes").get_to(event.shapes);
}
void read(const Json& json, RolledBack& event) { json.at("steps").get_to(event.steps); }
void read(const Json& json, Interrupted& event) { event.reason = json.at("reason"); }
void read(const Json& json, Resumed& event) { event.note = json.at("note"); }
void read(const Json& json, Failed& event) { event.error = error_from(json.at("error")); }
void read(const Json& json, Note& event) { event.text = json.at("text"); }
void read(const Json& json, Rejected& event) {
  event.table = json.at("table");
  event.rows = json.at("rows");
  event.file = json.at("file");
}
template <typename Empty>
void read(const Json&, Empty&) {
  static_assert(std::is_empty_v<Empty>);
}

template <typename Alternative>
Event decode_as(const Json& json) {
  if constexpr (std::is_same_v<Alternative, Failed>) {
    Failed event{Error(ErrorKind::kInternal, "")};
    read(json, event);
    return event;
  } else {
    Alternative event;
    read(json, event);
    return event;
  }
}

template <std::size_t... kIndex>
Event decode_kind(std::size_t kind, const Json& json, std::index_sequence<kIndex...>) {
  using Decode = Event (*)(const Json&);
  static constexpr Decode kDecode[] = {&decode_as<std::variant_alternative_t<kIndex, Event>>...};
  return kDecode[kind](json);
}

}  // namespace

std::string_view event_kind(const Event& event) { return kKinds[event.index()]; }

std::string encode_event(const Event& event) { return dump(std::visit(Encoder{}, event)); }

Result<Event> decode_event(std::string_view kind, std::string_view payload) {
  std::size_t index = 0;
  while (index < kKinds.size() && kKinds[index] != kind) ++index;
  if (index == kKinds.size()) {
    return fail(ErrorKind::kUnsupported, fmt::format("unknown kind of event \"{}\"", kind));
  }
  try {
    return decode_kind(index, Json::parse(payload),
                       std::make_index_sequence<std::variant_size_v<Event>>());
  } catch (const Json::exception& problem) {
    return fail(Error(ErrorKind::kCorrupt, fmt::format("payload of the event \"{}\" is damaged: {}",
                                                       kind, problem.what())));
  }
}

std::string encode_error(const Error& error) { return dump(to_json(error)); }

Result<Error> decode_error(std::string_view text) {
  try {
    return error_from(Json::parse(text));
  } catch (const Json::exception& problem) {
    return fail(ErrorKind::kCorrupt, fmt::format("a stored error is damaged: {}", problem.what()));
  }
}

}  // namespace sluice
