// Messages into a target, each once: what landed before is left out, what is no row of the table
// becomes a dead letter, and the record says so in the same transaction.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "follow/follow_target.h"
#include "ingest/column_plan.h"

namespace sluice::follow {

struct FollowedMessage {
  MessagePlace place;                  // where it is now
  std::optional<MessagePlace> origin;  // where it was before `follow move` brought it here
  std::string subject;
  std::string_view data;
};

struct LandCounts {
  std::uint64_t inserted = 0;
  std::uint64_t dropped = 0;      // their key was there
  std::uint64_t redelivered = 0;  // they landed before
  std::uint64_t dead = 0;
};

struct LandTerms {
  std::string table;  // for messages
  std::vector<std::string> key;
  std::optional<ingest::ColumnPlan> map;
};

class Lander {
 public:
  // Both are kept by reference.
  Lander(FollowTarget& target, Engine& engine, LandTerms terms)
      : target_(target), engine_(engine), terms_(std::move(terms)) {}

  // One transaction; or, where the target refuses a row, as many as it takes to find that row.
  // After an error of kind kTransient some may have landed: call it again, the record tells which.
  Status land(const std::vector<FollowedMessage>& messages);

  // No message of the stream before `sequence` can come any more, so that none needs to be known.
  void forget_before(const StreamKey& stream, std::uint64_t sequence) {
    floors_[stream] = sequence;
  }
  // After target.open(): the table may be another.
  void forget_table() { has_table_ = false; }
  const LandCounts& counts() const { return counts_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  struct Staged;
  using Pointers = std::vector<const FollowedMessage*>;

  Status land_some(const Pointers& messages);
  Status land_halves(const Pointers& messages);
  Status attempt(const Pointers& messages, const std::string& refused);
  Result<Pointers> fresh(const Pointers& messages, Records& records);
  Status stage(const Pointers& messages, Staged& staged);
  Status plan_columns(std::vector<ingest::Input>& inputs);
  void keep_notes(const ingest::StagedRows& rows);

  FollowTarget& target_;
  Engine& engine_;
  LandTerms terms_;
  std::map<StreamKey, std::uint64_t> floors_;
  bool has_table_ = false;
  ingest::ColumnPlan plan_;
  std::vector<std::string> key_;  // as the plan has it
  LandCounts counts_;
  std::vector<std::string> notes_;
};

}  // namespace sluice::follow
