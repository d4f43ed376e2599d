using Watchword.Core.Otp;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Storage;

namespace Watchword.Server.Tests.Delivery;

/// <summary>What a receipt changes, and where it may come from.</summary>
public sealed class ReceiptTests
{
    [Theory]
    [InlineData("queued", "Sent", "sent")]
    [InlineData("queued", "Delivered", "delivered")]
    [InlineData("queued", "Undelivered", "undelivered")]
    [InlineData("sending", "Sent", "sent")]
    [InlineData("sending", "Delivered", "delivered")]
    [InlineData("sending", "Undelivered", "undelivered")]
    [InlineData("sent", "Sent", null)]
    [InlineData("sent", "Delivered", "delivered")]
    [InlineData("sent", "Undelivered", "undelivered")]
    [InlineData("delivered", "Sent", null)]
    [InlineData("delivered", "Delivered", null)]
    [InlineData("delivered", "Undelivered", null)]
    [InlineData("undelivered", "Sent", null)]
    [InlineData("undelivered", "Delivered", "delivered")]
    [InlineData("undelivered", "Undelivered", null)]
    [InlineData("failed", "Sent", "sent")]
    [InlineData("failed", "Delivered", "delivered")]
    [InlineData("failed", "Undelivered", null)]
    [InlineData("expired", "Sent", "sent")]
    [InlineData("expired", "Delivered", "delivered")]
    [InlineData("expired", "Undelivered", null)]
    [InlineData("suppressed", "Delivered", null)]
    [InlineData("test", "Delivered", null)]
    public void A_receipt_moves_a_message_forward_only(string status, string receipt, string? expected) =>
        Assert.Equal(expected, ReceiptRules.Next(status, Enum.Parse<ReceiptStatus>(receipt), isHolder: true));

    [Theory]
    [InlineData("sending", "Undelivered", null)]
    [InlineData("sent", "Undelivered", null)]
    [InlineData("queued", "Undelivered", null)]
    [InlineData("sending", "Sent", "sent")]
    [InlineData("sent", "Delivered", "delivered")]
    public void The_loss_of_one_of_two_copies_is_not_the_loss_of_the_message(string status, string receipt, string? expected) =>
        Assert.Equal(expected, ReceiptRules.Next(status, Enum.Parse<ReceiptStatus>(receipt), isHolder: false));

    [Fact]
    public void An_address_is_good_for_one_message_of_one_provider_of_one_tenant()
    {
        var addresses = new ReceiptAddress("https://login.example/base", new MasterKey(new byte[32]));
        var url = addresses.Of("t1", ProviderOf(new ReportingKind()), "m1")!;
        Assert.StartsWith("https://login.example/base/cis/v1/receipts/t1/p/m1?key=", url.AbsoluteUri, StringComparison.Ordinal);
        var key = url.Query["?key=".Length..];
        Assert.True(addresses.Verify("t1", "p", "m1", key));
        Assert.False(addresses.Verify("t2", "p", "m1", key));
        Assert.False(addresses.Verify("t1", "q", "m1", key));
        Assert.False(addresses.Verify("t1", "p", "m2", key));
        Assert.False(addresses.Verify("t1p", "", "m1", key));
        foreach (var wrong in (string?[])[null, "", key[..^2], key + "00", new string('z', key.Length), (key[0] == '0' ? "1" : "0") + key[1..]])
            Assert.False(addresses.Verify("t1", "p", "m1", wrong));
        Assert.False(new ReceiptAddress("https://login.example/base", new MasterKey([.. Enumerable.Repeat((byte)1, 32)])).Verify("t1", "p", "m1", key));
    }

    [Fact]
    public void A_provider_that_reports_nothing_is_given_no_address()
    {
        var addresses = new ReceiptAddress("https://login.example", new MasterKey(new byte[32]));
        Assert.Null(addresses.Of("t", ProviderOf(new SilentKind()), "m"));
        Assert.Null(addresses.Of("t", ProviderOf(null), "m"));
    }

    private static OpenProvider ProviderOf(IProvider? kind) => new("p", 0, new FakeProvider("p"), 1, null, kind, null);

    private class SilentKind : IProvider
    {
        public string Kind => "Fake";

        public OtpChannel Channel => OtpChannel.Sms;

        public Uri Documentation => new("https://provider.example/");

        public IReadOnlyList<ProviderField> Fields => [];

        public virtual IReceiptReader? Receipts => null;

        public IEnumerable<string> Faults(ProviderSettings settings) => [];

        public IMessageSender Open(string name, ProviderSettings settings) => new FakeProvider(name);
    }

    private sealed class ReportingKind : SilentKind, IReceiptReader
    {
        public override IReceiptReader Receipts => this;

        public ReceiptReading Read(ReceiptRequest request, ProviderSettings settings) => ReceiptReading.Unreadable;
    }
}
