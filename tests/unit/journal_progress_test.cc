// The table of transitions in journal/state.h, case by case.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/secret.h"
#include "journal/run_progress.h"

namespace sluice {
namespace {

constexpr const char* kDigestOne = "00000000000000000000000000000001";
constexpr const char* kDigestTwo = "00000000000000000000000000000002";
constexpr const char* kDigestThree = "00000000000000000000000000000003";

Comparison same(std::uint64_t rows, const std::string& digest) {
  return {"content", rows, rows, digest, digest, 0.5};
}

Event started() {
  return Started{{{"main.a", "public.a", 2, {}}, {"main.b", "public.b", 1, {}}}, {}};
}
Event chunk(int table, int number, std::uint64_t rows, const std::string& digest) {
  return ChunkLanded{table, number, rows, digest, rows * 10, 0.25};
}

RunProgress after(const std::vector<Event>& events) {
  RunProgress progress;
  for (const Event& event : events) {
    const Status allowed = can_apply(progress, event);
    EXPECT_TRUE(allowed) << event_kind(event) << ": " << allowed.error().message;
    progress = apply(std::move(progress), event);
  }
  return progress;
}

const std::vector<Event> kCopiedEvents = {
    started(),      chunk(0, 0, 3, kDigestOne), chunk(0, 1, 2, kDigestTwo),
    TableCopied{0}, chunk(1, 0, 7, kDigestTwo), TableCopied{1}};

std::vector<Event> then(std::vector<Event> events, const std::vector<Event>& more) {
  events.insert(events.end(), more.begin(), more.end());
  return events;
}
std::vector<Event> verified_events() {
  return then(kCopiedEvents,
              {TableVerified{0, same(5, kDigestThree)}, TableVerified{1, same(7, kDigestTwo)}});
}
Event failed() { return Failed{Error(ErrorKind::kTransient, "connection lost")}; }

TEST(JournalProgress, WholeLifeEndsInDone) {
  const RunProgress progress = after(then(verified_events(), {PublishIntended{}, Published{}}));
  EXPECT_EQ(to_string(progress.state), "done");
  EXPECT_EQ(progress.tables[0].rows(), 5u);
  EXPECT_EQ(progress.tables[0].bytes(), 50u);
  EXPECT_EQ(progress.tables[0].digest()->hex(), kDigestThree);
}

TEST(JournalProgress, StateFollowsTheLastTable) {
  EXPECT_EQ(after({}).state, RunState::kPlanned);
  EXPECT_EQ(after({started()}).state, RunState::kCopying);
  EXPECT_EQ(after(kCopiedEvents).state, RunState::kCopied);
  EXPECT_EQ(after(verified_events()).state, RunState::kVerified);
}

// Each state, and the kinds of events that it allows.
struct StateCase {
  const char* state;
  std::vector<Event> events;
  std::vector<std::string> allowed;
};

std::vector<StateCase> state_cases() {
  const std::vector<Event> verified = verified_events();
  const std::vector<Event> publishing = then(verified, {PublishIntended{}});
  const std::vector<Event> done = then(publishing, {Published{}});
  const std::vector<Event> rolling = then(done, {RollbackIntended{}});
  const std::vector<Event> differs = then(kCopiedEvents, {Differs{0, same(5, ""), "one row"}});
  return {
      {"planned",
       {},
       {"started", "backed_up", "snapshot_taken", "rollback_intended", "interrupted", "failed",
        "resumed", "note"}},
      {"copying",
       {started()},
       {"backed_up", "snapshot_taken", "table_started", "chunk_landed", "rollback_intended",
        "interrupted", "failed", "resumed", "note", "rejected"}},
      {"copied",
       kCopiedEvents,
       {"backed_up", "snapshot_taken", "table_started", "table_verified", "differs",
        "rollback_intended", "interrupted", "failed", "resumed", "note", "rejected"}},
      {"verified",
       verified,
       {"backed_up", "snapshot_taken", "table_started", "publish_intended", "rollback_intended",
        "interrupted", "failed", "resumed", "note", "rejected"}},
      {"publishing",
       publishing,
       {"published", "rollback_intended", "interrupted", "failed", "resumed", "note", "rejected"}},
      {"done", done, {"rollback_intended", "forgotten", "note", "rejected"}},
      {"differs",
       differs,
       {"differs", "rollback_intended", "interrupted", "failed", "resumed", "note", "rejected"}},
      {"interrupted",
       {started(), Interrupted{"signal"}},
       {"rollback_intended", "failed", "resumed", "note", "rejected"}},
      {"failed", {started(), failed()}, {"rollback_intended", "resumed", "note", "rejected"}},
      {"rolling_back",
       rolling,
       {"rollback_intended", "rolled_back", "interrupted", "failed", "note", "rejected"}},
      {"rolled_back", then(rolling, {RolledBack{{"dropped"}}}), {"note", "rejected"}},
      {"forgotten", then(done, {Forgotten{}}), {"note", "rejected"}},
  };
}

TEST(JournalProgress, EachStateAllowsItsEventsAndNoOther) {
  const std::vector<Event> all = {started(),
                                  BackedUp{},
                                  SnapshotTaken{},
                                  TableStarted{0, 2, ""},
                                  chunk(0, 0, 3, kDigestOne),
                                  TableCopied{0},
                                  TableVerified{0, same(5, kDigestThree)},
                                  Differs{0, {}, ""},
                                  PublishIntended{},
                                  Published{{"ab"}, {7}},
                                  RollbackIntended{},
                                  RolledBack{},
                                  Interrupted{},
                                  Resumed{},
                                  failed(),
                                  Forgotten{},
                                  Note{},
                                  Rejected{0, 2, "/state/rejects/a.csv"}};
  for (const StateCase& state : state_cases()) {
    const RunProgress progress = after(state.events);
    EXPECT_EQ(to_string(progress.state), state.state);
    for (const Event& event : all) {
      const std::string kind(event_kind(event));
      const bool expected =
          std::find(state.allowed.begin(), state.allowed.end(), kind) != state.allowed.end();
      EXPECT_EQ(can_apply(progress, event).has_value(), expected) << kind << " in " << state.state;
      if (!expected) {
        EXPECT_EQ(apply(progress, event).state, progress.state) << kind << " in " << state.state;
      }
    }
  }
}

TEST(JournalProgress, PublishBeforeEveryTableIsVerifiedIsRefusedNamingTheTable) {
  const RunProgress progress =
      after(then(kCopiedEvents, {TableVerified{0, same(5, kDigestThree)}}));
  const Status refused = can_apply(progress, PublishIntended{});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(refused.error().message, "cannot publish: table \"public.b\" is not verified");
  EXPECT_FALSE(can_apply(progress, Published{}));
}

TEST(JournalProgress, VerifiedWithOtherRowsOrDigestsIsRefused) {
  const RunProgress progress = after(kCopiedEvents);
  const auto verified = [&](const Comparison& comparison) {
    return can_apply(progress, TableVerified{0, comparison}).has_value();
  };
  EXPECT_TRUE(verified({"content", 5, 5, kDigestThree, kDigestThree, 0}));
  EXPECT_TRUE(verified({"counts", 5, 5, "", "", 0}));
  EXPECT_FALSE(verified({"content", 5, 4, kDigestThree, kDigestThree, 0}));
  EXPECT_FALSE(verified({"content", 4, 4, kDigestThree, kDigestThree, 0}));
  EXPECT_FALSE(verified({"content", 5, 5, kDigestThree, kDigestTwo, 0}));
  EXPECT_FALSE(verified({"content", 5, 5, kDigestTwo, kDigestTwo, 0}));
  EXPECT_FALSE(verified({"content", 5, 5, "", "", 0}));
  EXPECT_FALSE(verified({"counts", 5, 6, "", "", 0}));
}

TEST(JournalProgress, ChunkLandsTwiceOnlyWithTheSameDigest) {
  const RunProgress progress = after({started(), chunk(0, 0, 3, kDigestOne)});
  EXPECT_TRUE(can_apply(progress, chunk(0, 0, 3, kDigestOne)));
  EXPECT_FALSE(can_apply(progress, chunk(0, 0, 3, kDigestTwo)));
  EXPECT_FALSE(can_apply(progress, chunk(0, 0, 4, kDigestOne)));
  EXPECT_FALSE(can_apply(progress, chunk(0, 2, 3, kDigestOne)));
  EXPECT_FALSE(can_apply(progress, chunk(2, 0, 3, kDigestOne)));
  EXPECT_FALSE(can_apply(progress, chunk(-1, 0, 3, kDigestOne)));
}

TEST(JournalProgress, TableIsCopiedOnlyWithAllItsChunks) {
  const RunProgress progress = after({started(), chunk(0, 0, 3, kDigestOne)});
  const Status refused = can_apply(progress, TableCopied{0});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "table \"public.a\": 1 of 2 chunks landed");
}

TEST(JournalProgress, TableStartedAgainLosesItsChunksAndItsVerification) {
  const RunProgress progress =
      after(then(verified_events(), {TableStarted{0, 4, "the snapshot is gone"}}));
  EXPECT_EQ(progress.state, RunState::kCopying);
  EXPECT_EQ(progress.tables[0].chunks.size(), 0u);
  EXPECT_EQ(progress.tables[0].plan.chunks, 4);
  EXPECT_EQ(progress.tables[0].plan.target, "public.a");
  EXPECT_FALSE(progress.tables[0].verified);
  EXPECT_TRUE(progress.tables[1].verified);
}

TEST(JournalProgress, ResumeFindsTheStateThatStands) {
  EXPECT_EQ(after({started(), Interrupted{"signal"}, Resumed{""}}).state, RunState::kCopying);
  EXPECT_EQ(after(then(kCopiedEvents, {failed(), Resumed{""}})).state, RunState::kCopied);
  const RunProgress progress =
      after(then(verified_events(), {PublishIntended{}, failed(), Resumed{""}}));
  EXPECT_EQ(progress.state, RunState::kVerified);
  EXPECT_TRUE(progress.publish_intended);
  EXPECT_FALSE(progress.error);
  EXPECT_TRUE(can_apply(progress, Published{}));  // the target said that it happened
  EXPECT_TRUE(can_apply(progress, PublishIntended{}));
  EXPECT_FALSE(can_apply(progress, TableStarted{0, 2, ""}));
}

TEST(JournalProgress, BegunRollbackCanOnlyGoOn) {
  const RunProgress progress = after({started(), RollbackIntended{}, failed()});
  const Status refused = can_apply(progress, Resumed{""});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().hint, "go on with `sluice rollback RUN`");
  EXPECT_TRUE(can_apply(progress, RollbackIntended{}));
}

TEST(JournalProgress, DifferingTableIsNotVerifiedWithoutResume) {
  const std::vector<Event> differs = then(kCopiedEvents, {Differs{0, same(5, ""), "one row"}});
  EXPECT_FALSE(can_apply(after(differs), TableVerified{0, same(5, kDigestThree)}));
  EXPECT_TRUE(
      can_apply(after(then(differs, {Resumed{""}})), TableVerified{0, same(5, kDigestThree)}));
}

TEST(JournalEvent, EveryKindSurvivesItsEncoding) {
  Error error(ErrorKind::kDenied, "no \"rights\"");
  error.object = "public.t";
  error.vendor_code = "42501";
  error.hint = "grant them";
  const std::vector<Event> events = {Started{{{"main.a", "public.a", 2, {{"x", "as_text", true}}}},
                                             {{"view_not_carried", "v", "views stay behind"}}},
                                     BackedUp{"/s/b", 12, "ab"},
                                     SnapshotTaken{"f1"},
                                     TableStarted{1, 2, "why"},
                                     chunk(1, 2, 18446744073709551615u / 10, kDigestOne),
                                     TableCopied{3},
                                     TableVerified{1, same(5, kDigestOne)},
                                     Differs{1, same(5, kDigestOne), "m"},
                                     PublishIntended{},
                                     Published{{"ab"}, {7}, {{"column \"id\" int64"}}},
                                     RollbackIntended{},
                                     RolledBack{{"a", "b"}},
                                     Interrupted{"SIGTERM"},
                                     Resumed{"n"},
                                     Failed{error},
                                     Forgotten{},
                                     Note{"\u00fc\n"},
                                     Rejected{1, 2, "/state/rejects/a.csv"}};
  ASSERT_EQ(events.size(), std::variant_size_v<Event>);
  for (const Event& event : events) {
    const std::string payload = encode_event(event);
    const auto decoded = decode_event(event_kind(event), payload);
    ASSERT_TRUE(decoded) << payload;
    EXPECT_EQ(decoded->index(), event.index());
    EXPECT_EQ(encode_event(*decoded), payload);
  }
  EXPECT_EQ(encode_event(events[14]),
            R"({"error":{"kind":"denied","message":"no \"rights\"","object":"public.t",)"
            R"("vendor_code":"42501","hint":"grant them"}})");
}

TEST(JournalEvent, DamagedPayloadAndUnknownKindAreErrors) {
  EXPECT_EQ(decode_event("chunk_landed", "{}").error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(decode_event("chunk_landed", "{").error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(decode_event("teleported", "{}").error().kind, ErrorKind::kUnsupported);
}

TEST(JournalEvent, SecretInAnErrorIsRedacted) {
  const Secret secret("hunter22");
  const Event event = Failed{Error(ErrorKind::kDenied, "password \"hunter22\" is wrong")};
  EXPECT_EQ(encode_event(event).find("hunter22"), std::string::npos);
}

}  // namespace
}  // namespace sluice
