// A user's browser as far as these tests need one: cookies, forms and redirects, and no script, which our pages have none of.
export const password = 'correct horse battery';

const decode = (text) => text.replace(/&#x([0-9A-F]+);/gi, (_, code) => String.fromCodePoint(parseInt(code, 16))).replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

export class Browser {
  constructor(user) {
    this.user = user;
    this.cookies = new Map();
  }

  async send(url, fields) {
    const answer = await fetch(url, {
      method: fields ? 'POST' : 'GET', redirect: 'manual', body: fields && new URLSearchParams(fields),
      headers: { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '), ...(fields ? { origin: new URL(url).origin, 'sec-fetch-site': 'same-origin' } : {}) },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      this.cookies.set(name, value);
    }
    return { status: answer.status, text: await answer.text(), location: answer.headers.get('location') };
  }

  // Sends a page's form, whose action ends so, with more fields.
  submit(page, action, fields) {
    const form = [...page.text.matchAll(/<form method="post" action="([^"]*)">(.*?)<\/form>/gs)].find(([, target]) => target.endsWith(action));
    if (!form) {
      throw new Error(`no form ${action}: ${page.status} ${page.location} ${page.text}`);
    }
    const hidden = [...form[2].matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [name, decode(value)]);
    return this.send(decode(form[1]), { ...Object.fromEntries(hidden), ...fields });
  }

  // Goes to a page and from there to an issuer where users sign in: the address that it is sent to.
  async leaveFor(url, issuer) {
    const page = await this.send(url);
    const link = [...page.text.matchAll(/<a class="go" href="([^"]*)">/g)].map(([, target]) => decode(target)).find((target) => target.includes(`/sign-in/${issuer}?`));
    return (await this.send(link)).location;
  }

  async open(url) {
    const page = await this.send(url);
    return page.text.includes('name="password"') ? this.send((await this.submit(page, '/sign-in', { user: this.user, password })).location) : page;
  }

  // Says yes or no to an authorization request; the address that the browser is sent to.
  async decide(url, decision) {
    const answer = await this.submit(await this.open(url), '/consent', { decision });
    if (!answer.location) {
      throw new Error(`not sent on: ${answer.status} ${answer.text}`);
    }
    return answer.location;
  }

  // Says yes or no to the first that waits; the page that follows.
  async answer(url, decision) {
    return (await this.submit(await this.open(url), '/approvals', { decision })).text;
  }
}
