using Watchword.Core.Administrators;

namespace Watchword.Core.Tests.Administrators;

public sealed class RolesTests
{
    [Theory]
    [InlineData("owners may do everything", AdministratorRole.Owner, "ReadDashboard ReadUsers ChangeUsers HandleUserData ReadMessages ReadSettings ChangeSettings ReadAudit RotateSigningKeys ReadAdministrators ChangeAdministrators")]
    [InlineData("administrators decide neither who is one nor which keys sign", AdministratorRole.Administrator, "ReadDashboard ReadUsers ChangeUsers HandleUserData ReadMessages ReadSettings ChangeSettings ReadAudit ReadAdministrators")]
    [InlineData("support helps users and sees no settings", AdministratorRole.Support, "ReadDashboard ReadUsers ChangeUsers ReadMessages")]
    [InlineData("auditors change nothing", AdministratorRole.Auditor, "ReadDashboard ReadUsers ReadMessages ReadSettings ReadAudit ReadAdministrators")]
    [InlineData("what is no role may do nothing", (AdministratorRole)99, "")]
    public void Each_role_may_do_what_the_table_says_and_nothing_else(string reason, AdministratorRole role, string may)
    {
        Assert.NotEmpty(reason);
        var allowed = may.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);
        Assert.Equal(allowed, Enum.GetValues<Permission>().Where(p => role.May(p)).Select(p => p.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_role_is_described() =>
        Assert.Equal(4, Enum.GetValues<AdministratorRole>().Select(Roles.Describe).Distinct().Count());
}
