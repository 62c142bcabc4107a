#include "server/client_session.h"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "fleet/testing.h"
#include "server/test_node.h"

namespace herd::server {
namespace {

using boost::asio::ip::tcp;

class Counting : public places::Provider {
 public:
  int asked() const { return asked_; }

  void Nearby(const places::Query& /*query*/, Done done) override {
    ++asked_;
    done(places::EmptyAnswer(places::Status::kZeroResults));
  }

 private:
  int asked_ = 0;
};

TEST(ClientSession, AsksForEightLookUpsBeforeOthersHaveTheirTurn) {
  net::Loop loop;
  auto counting = std::make_unique<Counting>();
  const Counting& places = *counting;
  Node node = MakeNode(std::move(counting), {});
  Links links(loop, node, IdentityOf(node), nullptr);
  LoopStats stats;
  net::IdleList proven(loop, std::chrono::seconds::zero());
  net::IdleList newcomers(loop, std::chrono::seconds::zero(), proven);
  net::Buffers buffers(loop, 1'000'000, 65'536, stats.buffer_bytes);
  const fleet::testing::OwnedAt report("Alpha", "kiwi", "+1+1", "1", {});
  node.fleet.Apply(report.at(), fleet::kFromClient);

  tcp::acceptor acceptor(loop.context(), {boost::asio::ip::make_address("127.0.0.1"), 0});
  net::Socket client(loop.context());
  client.connect(acceptor.local_endpoint());
  net::Socket accepted(loop.context());
  tcp::endpoint peer;
  acceptor.accept(accepted, peer);
  auto ticket = node.admission.Admit(peer.address());
  ASSERT_TRUE(ticket);
  auto session = std::make_shared<ClientSession>(loop, std::move(accepted), newcomers, buffers,
                                                 *std::move(ticket), peer, node, links, stats);
  std::string commands;
  for (int i = 0; i < 20; ++i) commands += "WHATSAT kiwi 10 5\n";
  boost::asio::write(client, boost::asio::buffer(commands));
  session->Start();
  while (places.asked() == 0) loop.context().run_one();
  EXPECT_EQ(places.asked(), 8);
  // Who has sent a command is no newcomer any more, whose place is anyone's.
  EXPECT_FALSE(newcomers.MakeRoom([](net::Connection&) { return true; }));
  while (places.asked() < 20) loop.context().run_one();
  session->Close();
  while (session.use_count() > 1) loop.context().run_one();
}

}  // namespace
}  // namespace herd::server
