// The options of the follow commands.

#include "cli/define_options.h"
#include "cli/option_kinds.h"

namespace sluice {
namespace {

constexpr std::int64_t kBatchMax = 1'000'000;
constexpr std::int64_t kDeliveriesMax = 1'000'000;
constexpr std::int64_t kReplicasMax = 5;

void add_login(CLI::App* command, NatsOptions& options) {
  add_file(command, "--creds", options.credentials, "The file of a JWT and its seed ($NATS_CREDS)");
  add_file(command, "--ca", options.ca, "Certificates that the servers' come from ($NATS_CA)");
  add_file(command, "--cert", options.certificate, "The client's own certificate ($NATS_CERT)");
  add_file(command, "--cert-key", options.key, "The key of --cert ($NATS_KEY)");
}

void add_table(CLI::App* command, std::string& table, bool required) {
  CLI::Option* const option =
      command->add_option("--table", table, "The table; made where it is not there yet");
  option->type_name("TABLE");
  if (required) option->required();
}

void add_stream(CLI::App* command, std::string& stream) {
  command->add_option("--stream", stream, "The stream; made where it is not there yet")
      ->type_name("STREAM")
      ->required();
}

void add_durable(CLI::App* command, std::string& durable) {
  command
      ->add_option("--durable", durable,
                   "The durable consumer; made where it is not there yet (sluice)")
      ->type_name("NAME");
}

constexpr const char* kServers =
    "nats://HOST:PORT, several with commas; nats://embedded is a server of sluice's own";
constexpr const char* kTarget = "A DuckDB file, a DuckLake or a PostgreSQL";

void define_following(CLI::App& app, FollowOptions& options) {
  CLI::App* const command = &command_app(app, "follow");
  // Its verbs have options of their own.
  add_text(command, "SERVERS", options.source.servers, false, kServers);
  add_text(command, "TARGET", options.target, false, kTarget);
  add_table(command, options.table, false);
  command->add_option("--stream", options.stream, "The stream; made where it is not there yet")
      ->type_name("STREAM");
  add_texts(command, "--subject", options.subjects, "SUBJECT",
            "Of a stream that is made; one of them narrows what is followed; may be repeated");
  add_durable(command, options.durable);
  add_key(command, options.key, "Messages with a key that is there already are dropped");
  add_file(command, "--map", options.map, "TOML: types, paths and time zones of columns");
  add_number(command, "--batch-size", options.batch_messages, kBatchMax,
             "Messages of one transaction, at most (10000)");
  add_duration(command, "--batch-time", options.batch_time,
               "How long a transaction waits for messages (1s)");
  add_number(command, "--max-ack-pending", options.ack_pending_max, kBatchMax,
             "Messages under way at one time, of a consumer that is made (four batches)");
  add_duration(command, "--ack-wait", options.ack_wait,
               "Then a message comes again, of a consumer that is made (30s)");
  add_number(command, "--max-deliver", options.deliveries_max, kDeliveriesMax,
             "Deliveries of one message, of a consumer that is made (5)");
  add_number(command, "--replicas", options.replicas, kReplicasMax,
             "Servers that keep a stream that is made (1)");
  add_duration(command, "--wait", options.wait,
               "For servers that do not answer, and others who have the target (60s)");
  command->add_flag("--once", options.once, "End when all that the stream has is in");
  add_login(command, options.source);
}

void define_verbs(CLI::App& app, Arguments& arguments) {
  FollowOptions& options = arguments.follow;
  CLI::App* command = &command_app(app, "follow status");
  add_text(command, "SERVERS", options.source.servers, true, kServers);
  add_text(command, "TARGET", options.target, false, kTarget);
  add_table(command, options.table, false);
  add_stream(command, options.stream);
  add_durable(command, options.durable);
  add_login(command, options.source);
  command = &command_app(app, "follow dead");
  add_text(command, "TARGET", options.target, true, kTarget);
  add_table(command, options.table, true);
  FollowMoveOptions& move = arguments.follow_move;
  command = &command_app(app, "follow move");
  add_text(command, "SOURCE", move.source.servers, true, kServers);
  add_text(command, "TARGET", move.target.servers, true, "nats://HOST:PORT, several with commas");
  add_stream(command, move.stream);
  add_number(command, "--replicas", move.replicas, kReplicasMax,
             "Servers that keep a stream that is made (1)");
  add_duration(command, "--wait", move.wait, "For servers that do not answer (60s)");
  add_login(command, move.target);
}

}  // namespace

void define_follow(CLI::App& app, Arguments& arguments) {
  define_following(app, arguments.follow);
  define_verbs(app, arguments);
}

}  // namespace sluice
