package intake

import (
	"context"
	"time"

	"concord/exchange/crosswalk"
	"concord/exchange/feed/channel"
	"concord/fault"
	"concord/standard/hl7v2"
)

// Rules are what messages are read by, as the record has it.
type Rules struct {
	// Tables are what becomes of the codes of each trust that has a table.
	Tables map[string]*crosswalk.Table
	// Channels are what is done to the messages of each organisation before they are
	// read, with the versions of their sets ("R1K.4").
	Channels map[string]Channels
	// Broken are the trusts whose rules cannot be read, and why: their messages wait,
	// since what would be written by none is not what was decided.
	Broken map[string]error
}

// Channels are the channels of an organisation.
type Channels struct {
	*channel.Set
	Version string
}

// rulesEvery is how often rules are read anew though nobody has said that they are
// others: whoever wrote them may have died before telling.
const rulesEvery = 10 * time.Minute

// GoBy has messages read by what read gives. It is asked again when the record says
// that rules were applied, in whichever process. It is called before Run.
func (a *Applier) GoBy(read func(ctx context.Context) (*Rules, error)) { a.readRules = read }

// follow brings the rules up to what the record has; changed tells that they are
// others. It is called after messages are fetched and before they are read: one that
// came after rules were applied is read by these.
func (a *Applier) follow(ctx context.Context) (changed bool, err error) {
	if a.readRules == nil {
		return false, nil
	}
	mark, err := a.journal.Applied(ctx)
	if err != nil {
		return false, err
	}
	now := a.now()
	if a.rules != nil && mark == a.mark && now.Sub(a.rulesRead) < rulesEvery {
		return false, nil
	}
	rules, err := a.readRules(ctx)
	if err != nil {
		return false, err
	}
	for org, why := range rules.Broken {
		a.log.Error("the rules of an organisation cannot be read; its messages wait", "organisation", org, "code", fault.Of(why).Code)
	}
	changed = a.rules != nil && mark != a.mark || a.rules != nil && len(a.rules.Broken) > 0
	a.rules, a.mark, a.rulesRead = rules, mark, now
	return changed, nil
}

// errBroken says that a message cannot be read just now.
func errBroken() error {
	return fault.New(fault.Busy, "intake.rules", "the rules of the message's organisation cannot be read")
}

// ruled gives a feed what its trust's messages are read by. Error: Busy
// "intake.rules".
func (a *Applier) ruled(feed *Feed) error {
	if a.rules == nil {
		return nil
	}
	if a.rules.Broken[feed.Trust] != nil {
		return errBroken()
	}
	feed.Table = a.rules.Tables[feed.Trust]
	return nil
}

// taken is what an inbound channel made of a message.
type taken struct {
	channel string // its name, "" = none takes the feed's messages
	version string // of the set
	passed  string // the rule by which the message is passed over
}

// prepare gives a message as it is to be read, by the channel of its organisation
// that takes the feed's messages.
func (a *Applier) prepare(m *hl7v2.Message, feed Feed) (*hl7v2.Message, taken, error) {
	if a.rules == nil || a.rules.Channels[feed.Trust].Set == nil {
		return m, taken{}, nil
	}
	set := a.rules.Channels[feed.Trust]
	c := set.InboundOf(feed.Name, m.Header())
	if c == nil {
		return m, taken{}, nil
	}
	read, passed, err := c.Take(m)
	return read, taken{c.Name, set.Version, passed}, err
}
