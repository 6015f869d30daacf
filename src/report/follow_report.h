// What follow did, and how far it is behind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "report/text_table.h"

namespace sluice {

struct FollowReport {
  std::string state;  // "done" (nothing is left), "stopped", "failed"
  std::string servers;
  std::string stream;
  std::string durable;
  std::string target;
  std::string table;
  std::uint64_t batches = 0;
  std::uint64_t received = 0;
  std::uint64_t inserted = 0;
  std::uint64_t dropped = 0;      // their key was there
  std::uint64_t redelivered = 0;  // they had landed before
  std::uint64_t dead = 0;
  std::uint64_t reconnects = 0;
  double seconds = 0;
  std::vector<std::string> notes;
  std::optional<Error> error;
};

// How a stream, its consumer and a target stand to each other.
struct FollowStatusReport {
  std::string servers;
  std::string stream;
  std::vector<std::string> subjects;
  std::uint64_t messages = 0;  // in the stream
  std::uint64_t bytes = 0;
  std::uint64_t last = 0;  // the newest message's sequence number
  std::string durable;
  std::uint64_t pending = 0;      // not delivered yet
  std::uint64_t ack_pending = 0;  // delivered, not acknowledged yet
  std::uint64_t redelivered = 0;
  std::uint64_t lag() const { return pending + ack_pending; }

  // Of a target, where one was named.
  struct Landed {
    std::string target;
    std::string table;
    std::uint64_t rows = 0;
    std::uint64_t dropped = 0;
    std::uint64_t dead = 0;
    std::uint64_t last = 0;  // the newest message that landed
    std::string changed_at;  // "" where none did
  };
  std::optional<Landed> landed;
};

struct FollowedLetter {
  std::string stream;
  std::uint64_t sequence = 0;
  std::string subject;
  std::string reason;
  std::string data;
  std::string at;
};

struct DeadLetterReport {
  std::string target;
  std::string table;
  std::vector<FollowedLetter> letters;  // the oldest first
};

struct FollowMoveReport {
  std::string source;
  std::string target;
  std::string stream;
  std::uint64_t moved = 0;
  std::uint64_t there_before = 0;  // an earlier move had brought them
  std::uint64_t left = 0;          // that came to the source since
  double seconds = 0;
};

std::string render_text(const FollowReport& report, const TextStyle& style);
std::string render_json(const FollowReport& report);
std::string render_text(const FollowStatusReport& report, const TextStyle& style);
std::string render_json(const FollowStatusReport& report);
std::string render_text(const DeadLetterReport& report, const TextStyle& style);
std::string render_json(const DeadLetterReport& report);
std::string render_text(const FollowMoveReport& report, const TextStyle& style);
std::string render_json(const FollowMoveReport& report);

}  // namespace sluice
