using Fabric.Embedded.Storage;

namespace Fabric.Embedded.Tests.Storage;

public sealed class CommitCompanyTests
{
    private readonly CommitCompany _company = new();

    [Fact]
    public void Who_is_alone_never_waits()
    {
        for (var i = 0; i < 1_000; i++)
        {
            _company.Left(1);
            Assert.Equal(1, _company.Expected);
        }
    }

    [Fact]
    public void Many_callers_are_waited_for_up_to_the_bound()
    {
        int[] expected = [.. Enumerable.Range(0, 8).Select(_ =>
        {
            _company.Left(Math.Max(7, _company.Expected));
            return _company.Expected;
        })];
        Assert.Equal([2, 4, 8, 16, 32, 64, 128, 128], expected);
    }

    [Fact]
    public void What_did_not_come_is_not_waited_for_again_at_once()
    {
        while (_company.Expected < 16)
        {
            _company.Left(16);
        }

        _company.Left(10);
        Assert.Equal(10, _company.Expected);
        for (var i = 0; i < 128; i++)
        {
            _company.Left(10);
            Assert.Equal(10, _company.Expected);
        }

        _company.Left(10);
        Assert.Equal(20, _company.Expected);
        _company.Left(1);
        Assert.Equal(1, _company.Expected);
    }
}
