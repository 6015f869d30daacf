// What a batch of messages leaves in a target: data only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "follow/sequence_set.h"

namespace sluice::follow {

// A stream by its name and the moment (ns since 1970) at which it was made: one that is made anew
// counts from 1 again.
struct StreamKey {
  std::string name;
  std::int64_t created = 0;

  auto operator<=>(const StreamKey&) const = default;
};

// A message of a stream, wherever it is now.
struct MessagePlace {
  StreamKey stream;
  std::uint64_t sequence = 0;
  std::int64_t time = 0;  // ns since 1970 at which the stream got it

  bool operator==(const MessagePlace&) const = default;
};

// What a target knows of a stream, for one table.
struct StreamRecord {
  SequenceSet landed;         // as rows, as dead letters, or dropped for their key
  std::uint64_t rows = 0;     // that were inserted
  std::uint64_t dropped = 0;  // whose key was there
  std::uint64_t dead = 0;
  // When the stream got the newest of them, ns since 1970. A server that lost its last messages in
  // a power cut gives their numbers again, to messages that are newer than all that landed.
  std::int64_t newest = 0;
  std::string changed_at;  // RFC 3339; "" before the first message

  bool operator==(const StreamRecord&) const = default;
};

using Records = std::map<StreamKey, StreamRecord>;

// A message that is no row of the table.
struct DeadLetter {
  MessagePlace place;
  std::string subject;
  std::string reason;
  std::string data;  // "hex:..." where it is no text
  std::string at;    // when the stream got it
};

}  // namespace sluice::follow
