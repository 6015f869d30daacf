#include "follow/land_messages.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "follow/message_lines.h"
#include "ingest/plan_columns.h"

namespace sluice::follow {
namespace {

constexpr std::int64_t kNanosecondsPerMs = 1'000'000;
constexpr std::size_t kNotesMax = 20;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// A NUL is a character that not every target's text can hold.
std::string shown_data(std::string_view data) {
  const bool is_text = is_valid_utf8(data) && data.find('\0') == std::string_view::npos;
  return is_text ? std::string(data) : "hex:" + hex(data.data(), data.size());
}

DeadLetter dead_letter(const FollowedMessage& message, const std::string& reason) {
  return {message.place, message.subject, reason, shown_data(message.data),
          format_rfc3339(message.place.time / kNanosecondsPerMs)};
}

// A number that is given again is a newer message's.
bool has(const Records& records, const MessagePlace& place) {
  const auto record = records.find(place.stream);
  return record != records.end() && record->second.landed.contains(place.sequence) &&
         place.time <= record->second.newest;
}

void add(Records& records, const MessagePlace& place) {
  StreamRecord& record = records[place.stream];
  record.landed.add(place.sequence);
  record.newest = std::max(record.newest, place.time);
}

}  // namespace

struct Lander::Staged {
  MessageLines lines;
  std::vector<ingest::Input> inputs;
  std::unique_ptr<ingest::StagedRows> rows;  // null: no message is a row
  std::vector<DeadLetter> dead;
  std::uint64_t rows_staged = 0;
};

// What is not known to have landed, each message once; `records` knows it from then on.
Result<Lander::Pointers> Lander::fresh(const Pointers& messages, Records& records) {
  Pointers out;
  for (const FollowedMessage* const message : messages) {
    const bool has_landed =
        has(records, message->place) || (message->origin && has(records, *message->origin));
    if (!has_landed) out.push_back(message);
    add(records, message->place);
    if (message->origin) add(records, *message->origin);
  }
  return out;
}

// Those of the table; of a new one those of the map, else what the messages of the first batch say.
Status Lander::plan_columns(std::vector<ingest::Input>& inputs) {
  if (has_table_) return {};
  TRY_ASSIGN(auto of_table, target_.columns());
  if (of_table) {
    TRY_ASSIGN(plan_, ingest::with_map(std::move(*of_table), terms_.table, terms_.map));
    has_table_ = true;
  } else if (terms_.map) {
    plan_ = *terms_.map;
    for (const ingest::PlannedColumn& column : plan_) {
      if (column.type.kind != TypeKind::kOther) continue;
      return fail(Error(ErrorKind::kInvalid,
                        fmt::format("the map gives column \"{}\" no type, and there is no table {}",
                                    column.name, terms_.table))
                      .about(terms_.table));
    }
  } else {
    TRY_ASSIGN(plan_, ingest::infer_columns(inputs));
  }
  TRY_ASSIGN(key_, ingest::planned_key(plan_, terms_.key));
  return {};
}

void Lander::keep_notes(const ingest::StagedRows& rows) {
  std::vector<std::string> found = rows.notes();
  for (const std::string& field : rows.unknown_fields()) {
    found.push_back(fmt::format("the field \"{}\" is no column and is left out", field));
  }
  for (std::string& note : found) {
    if (notes_.size() >= kNotesMax) return;
    if (std::find(notes_.begin(), notes_.end(), note) == notes_.end()) {
      notes_.push_back(std::move(note));
    }
  }
}

Status Lander::stage(const Pointers& messages, Staged& staged) {
  Pointers of_line;
  for (const FollowedMessage* const message : messages) {
    if (is_blank(message->data)) {
      staged.dead.push_back(dead_letter(*message, "the message is empty"));
      continue;
    }
    staged.lines.add(message->data);
    of_line.push_back(message);
  }
  if (of_line.empty()) return {};
  TRY_ASSIGN(staged.inputs.emplace_back(), staged.lines.input());
  const Status planned = plan_columns(staged.inputs);
  if (!planned && planned.error().kind == ErrorKind::kCorrupt) {
    for (const FollowedMessage* const message : of_line) {
      staged.dead.push_back(dead_letter(*message, "the message is no JSON object with a field"));
    }
    return {};
  }
  TRY(planned);
  TRY_ASSIGN(auto connection, engine_.connect());
  staged.rows = std::make_unique<ingest::StagedRows>(engine_, std::move(connection), plan_, key_);
  TRY(staged.rows->read(staged.inputs, nullptr));
  TRY_ASSIGN(const auto rejects, staged.rows->rejects());
  for (const ingest::RejectedRow& row : rejects) {
    staged.dead.push_back(dead_letter(*of_line.at(row.line - 1), row.reason));
  }
  staged.rows_staged = of_line.size() - rejects.size();
  TRY(staged.rows->drop_within());
  keep_notes(*staged.rows);
  if (staged.rows_staged == 0) staged.rows.reset();
  return {};
}

// `refused`: why the only message is no row after all; "" where nothing is known against them.
Status Lander::attempt(const Pointers& messages, const std::string& refused) {
  TRY_ASSIGN(Records records, target_.begin());
  const Records before = records;
  for (const auto& [stream, sequence] : floors_) {
    if (sequence > 1) records[stream].landed.add(1, sequence - 1);
  }
  TRY_ASSIGN(const Pointers fresh_ones, fresh(messages, records));
  const std::uint64_t redelivered = messages.size() - fresh_ones.size();
  if (fresh_ones.empty()) {
    target_.end();
    counts_.redelivered += redelivered;
    return {};
  }
  Staged staged;
  if (refused.empty()) {
    TRY(stage(fresh_ones, staged));
  } else {
    staged.dead.push_back(dead_letter(*fresh_ones.front(), refused));
  }
  Landing landing;
  landing.rows = staged.rows.get();
  landing.key = key_;
  landing.dead = std::move(staged.dead);
  landing.staged = staged.rows_staged;
  landing.stream = fresh_ones.front()->place.stream;
  records[landing.stream].dead += landing.dead.size();
  for (auto& [stream, record] : records) {
    const auto old = before.find(stream);
    if (old != before.end() && old->second == record) continue;
    record.changed_at = format_rfc3339(now_unix_ms());
    landing.records.emplace(stream, record);
  }
  TRY(target_.land(landing));
  counts_.inserted += landing.inserted;
  counts_.dropped += landing.staged - landing.inserted;
  counts_.dead += landing.dead.size();
  counts_.redelivered += redelivered;
  return {};
}

Status Lander::land_halves(const Pointers& messages) {
  const auto middle = messages.begin() + static_cast<std::ptrdiff_t>(messages.size() / 2);
  TRY(land_some(Pointers(messages.begin(), middle)));
  return land_some(Pointers(middle, messages.end()));
}

Status Lander::land_some(const Pointers& messages) {
  const Status done = attempt(messages, "");
  target_.end();
  if (done || !target_.blames_row(done.error())) return done;
  if (messages.size() > 1) return land_halves(messages);
  const Status as_letter = attempt(messages, done.error().message);
  target_.end();
  return as_letter;
}

Status Lander::land(const std::vector<FollowedMessage>& messages) {
  Pointers all;
  for (const FollowedMessage& message : messages) all.push_back(&message);
  // As the stream has them: of two with one key the older stays, whichever came first.
  std::stable_sort(all.begin(), all.end(), [](const auto* a, const auto* b) {
    return a->place.sequence < b->place.sequence;
  });
  return land_some(all);
}

}  // namespace sluice::follow
