#include "flood/handshake.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "flood/settle.h"

namespace herd::flood {
namespace {

using Role = Handshake::Role;
using State = Handshake::State;

const std::string kNonceA(64, 'a');
const std::string kNonceB(64, 'b');
const std::string kRun(16, '0');
const std::string kRunText = " " + kRun;

Identity Hands(std::string secret = "correct horse battery") {
  return {.herd = "ucla",
          .name = "Hands",
          .neighbours = {"Goloman", "Wilkes"},
          .secret = Secret(std::move(secret)),
          .run = kRun};
}

Identity Wilkes(std::string secret = "correct horse battery") {
  return {.herd = "ucla",
          .name = "Wilkes",
          .neighbours = {"Goloman", "Hands"},
          .secret = Secret(std::move(secret)),
          .run = kRun};
}

// Hands each line of `lines` to `to`, and returns what it says.
std::string Say(Handshake& to, const std::string& lines) {
  std::string out;
  std::size_t start = 0;
  for (std::size_t end = lines.find('\n'); end != std::string::npos;
       end = lines.find('\n', start)) {
    to.Receive(lines.substr(start, end - start), out);
    start = end + 1;
  }
  return out;
}

std::string Start(Handshake& dialer) {
  std::string out;
  dialer.Start(out);
  return out;
}

// One handshake as far as it goes, the acceptor taking whoever proves himself.
void Shake(Handshake& dialer, Handshake& acceptor) {
  std::string to_acceptor = Start(dialer);
  while (!to_acceptor.empty()) {
    std::string to_dialer = Say(acceptor, to_acceptor);
    if (acceptor.state() == State::kProved) acceptor.Accept(to_dialer);
    to_acceptor = Say(dialer, to_dialer);
  }
}

TEST(Handshake, OpensBetweenNeighboursWithOneSecret) {
  const Identity hands = Hands();
  const Identity wilkes = Wilkes();
  Handshake dialer(hands, Role::kDialer, "Wilkes", kNonceA);
  Handshake acceptor(wilkes, Role::kAcceptor, "", kNonceB);
  Shake(dialer, acceptor);
  EXPECT_EQ(dialer.state(), State::kOpen);
  EXPECT_EQ(acceptor.state(), State::kOpen);
  EXPECT_EQ(dialer.peer(), "Wilkes");
  EXPECT_EQ(acceptor.peer(), "Hands");
}

void ExpectRefused(const Identity& dialing, std::string dialled, const Identity& accepting,
                   const std::string& told, const std::string& untold = "") {
  Handshake dialer(dialing, Role::kDialer, std::move(dialled), kNonceA);
  Handshake acceptor(accepting, Role::kAcceptor, "", kNonceB);
  Shake(dialer, acceptor);
  EXPECT_EQ(dialer.state(), State::kRefused);
  EXPECT_EQ(acceptor.state(), State::kRefused);
  EXPECT_EQ(acceptor.reason(), told + untold);
  EXPECT_EQ(dialer.reason(), told);
  EXPECT_TRUE(dialer.refused_by_peer());
  EXPECT_FALSE(acceptor.refused_by_peer());
}

TEST(Handshake, RefusesAnotherSecret) {
  ExpectRefused(Hands("correct horse battery"), "Wilkes", Wilkes("wrong horse batteries"),
                "the secret is another one");
}

TEST(Handshake, RefusesAnotherHerd) {
  Identity stranger = Hands();
  stranger.herd = "mit";
  ExpectRefused(stranger, "Wilkes", Wilkes(), "another herd", ": mit, this server is of ucla");
}

TEST(Handshake, RefusesWhoLooksForAnotherServer) {
  ExpectRefused(Hands(), "Goloman", Wilkes(), "another server is here",
                ": looks for Goloman, this server is Wilkes");
}

TEST(Handshake, RefusesWhoIsNoNeighbour) {
  Identity welsh = Hands();
  welsh.name = "Welsh";
  ExpectRefused(welsh, "Wilkes", Wilkes(), "no neighbour", ": Welsh is none of Wilkes");
}

TEST(Handshake, RefusesAnotherVersion) {
  const Identity wilkes = Wilkes();
  Handshake acceptor(wilkes, Role::kAcceptor, "", kNonceB);
  EXPECT_EQ(Say(acceptor, "HERD 4 ucla Hands Wilkes " + kNonceA + kRunText + "\n"),
            "REFUSED version 4, this server speaks 5\n");
}

TEST(Handshake, RefusesAnAnswerInAnotherName) {
  const Identity hands = Hands();
  Handshake dialer(hands, Role::kDialer, "Wilkes", kNonceA);
  Start(dialer);
  Say(dialer, "HERD 5 ucla Goloman Hands " + kNonceB + kRunText + "\n");
  EXPECT_EQ(dialer.reason(),
            "another server was dialled: answered as Goloman where Wilkes was dialled");
}

TEST(Handshake, RefusesAWeakNonceAndAnyOtherLine) {
  const Identity wilkes = Wilkes();
  for (const std::string& line : std::vector<std::string>{
           "HERD 5 ucla Hands Wilkes 00 0000000000000000", "HERD 5 ucla Hands Wilkes",
           "HERD 5 ucla Hands Wilkes " + kNonceA, "HERD 5 ucla Hands Wilkes " + kNonceA + " 00",
           "PROOF 00", "AT Hands +0.000000000 kiwi +1+1 5", "PING 1", "", "\x01\xFF",
           "GET / HTTP/1.1\r"}) {
    Handshake acceptor(wilkes, Role::kAcceptor, "", kNonceB);
    EXPECT_TRUE(Say(acceptor, line + "\n").starts_with("REFUSED ")) << line;
    EXPECT_EQ(acceptor.state(), State::kRefused) << line;
  }
}

TEST(Handshake, RefusesOnceAndLooksAtNothingMore) {
  const Identity wilkes = Wilkes();
  Handshake acceptor(wilkes, Role::kAcceptor, "", kNonceB);
  EXPECT_EQ(Say(acceptor, "\n\nHERD 5 ucla Hands Wilkes " + kNonceA + kRunText + "\n\n"),
            "REFUSED not a message that may come now\n");
}

TEST(Handshake, TellsAStrangerNoName) {
  const Identity wilkes = Wilkes();
  for (const char* line : {"HERD 5 x Hands Wilkes ", "HERD 5 ucla Hands x ",
                           "HERD 5 ucla x Wilkes ", "HERD 9 x x x ", "GET / HTTP/1.1 ", "PROOF "}) {
    Handshake acceptor(wilkes, Role::kAcceptor, "", kNonceB);
    const std::string said = Say(acceptor, line + kNonceA + kRunText + "\n");
    EXPECT_TRUE(said.starts_with("REFUSED ")) << said;
    for (const char* name : {"ucla", "Wilkes", "Hands"}) {
      EXPECT_EQ(said.find(name), std::string::npos) << said;
    }
  }
}

TEST(Handshake, TellsAStrangerNoMac) {
  const Identity wilkes = Wilkes();
  Handshake acceptor(wilkes, Role::kAcceptor, "", kNonceB);
  const std::string said =
      Say(acceptor, "HERD 5 ucla Hands Wilkes " + kNonceA + kRunText + "\nPROOF 00\n");
  EXPECT_EQ(said.find("PROOF"), std::string::npos);
  EXPECT_EQ(acceptor.state(), State::kRefused);
}

TEST(Handshake, IsNotFooledByItsOwnWordsSentBack) {
  // The stranger has no secret: it dials Hands back in Wilkes' name and reflects what Hands says.
  const Identity hands = Hands();
  Handshake dialer(hands, Role::kDialer, "Wilkes", kNonceA);
  Handshake acceptor(hands, Role::kAcceptor, "", kNonceA);
  Start(dialer);
  const std::string proof = Say(dialer, "HERD 5 ucla Wilkes Hands " + kNonceA + kRunText + "\n");
  ASSERT_TRUE(proof.starts_with("PROOF "));
  Say(acceptor, "HERD 5 ucla Wilkes Hands " + kNonceA + kRunText + "\n" + proof);
  EXPECT_EQ(acceptor.state(), State::kRefused);
  Say(dialer, proof);
  EXPECT_EQ(dialer.state(), State::kRefused);
}

TEST(Handshake, IsNotFooledByAnEarlierHandshakePlayedAgain) {
  const Identity hands = Hands();
  const Identity wilkes = Wilkes();
  Handshake dialer(hands, Role::kDialer, "Wilkes", kNonceA);
  Handshake acceptor(wilkes, Role::kAcceptor, "", kNonceB);
  const std::string hello = Start(dialer);
  const std::string proof = Say(dialer, Say(acceptor, hello));
  Handshake later(wilkes, Role::kAcceptor, "", std::string(64, 'c'));
  Say(later, hello + proof);
  EXPECT_EQ(later.state(), State::kRefused);
}

TEST(Handshake, ShowsTheLogNoControlBytes) {
  EXPECT_EQ(Printable("a\x1b[31m\n\xFF"), "a\\x1b[31m\\x0a\\xff");
  EXPECT_LT(Printable(std::string(10'000, 'x')).size(), 200U);
}

TEST(AcceptsDialOf, KeepsOneConnectionWhenBothEndsDial) {
  // Both ends are asked about the other's dial while their own is greeted: exactly one accepts.
  EXPECT_FALSE(AcceptsDialOf("Wilkes", "Hands", OwnDial::kGreeted));
  EXPECT_TRUE(AcceptsDialOf("Hands", "Wilkes", OwnDial::kGreeted));
  // A dial that may never be answered stands in nobody's way.
  EXPECT_TRUE(AcceptsDialOf("Wilkes", "Hands", OwnDial::kDialing));
  EXPECT_TRUE(AcceptsDialOf("Wilkes", "Hands", OwnDial::kNone));
}

}  // namespace
}  // namespace herd::flood
