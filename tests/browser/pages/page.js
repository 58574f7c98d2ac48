// Calls MSAL.js as a page of Dynamics would, and writes what came of it as JSON into #outcome.
const outcome = document.getElementById('outcome');
const redirectUri = `${location.origin}/auth.html`;

function show(document_) {
  outcome.textContent = JSON.stringify(document_);
}

function shown(result) {
  const { accessToken, idToken, account, scopes, expiresOn, fromCache, tokenType } = result;
  show({ accessToken, idToken, username: account.username, scopes, expiresOn, fromCache, tokenType });
  return result;
}

function refused(error) {
  show({ error: error.errorCode ?? error.name, subError: error.subError, message: error.message });
}

async function start() {
  const settings = await (await fetch('/settings.json')).json();
  const client = new msal.PublicClientApplication({
    auth: {
      clientId: settings.clientId,
      authority: settings.authority,
      knownAuthorities: [new URL(settings.authority).host],
      redirectUri,
      postLogoutRedirectUri: `${location.origin}/index.html`,
    },
    cache: { cacheLocation: 'sessionStorage' },
  });
  const scopes = [settings.scope];
  const account = () => client.getActiveAccount() ?? client.getAllAccounts()[0];

  function remember(result) {
    client.setActiveAccount(result.account);
    return shown(result);
  }

  function on(button, work) {
    document.getElementById(button).onclick = () => {
      outcome.textContent = '';
      Promise.resolve(work()).catch(refused);
    };
  }

  await client.initialize();
  on('popup', () => client.acquireTokenPopup({ scopes, prompt: 'select_account' }).then(remember));
  on('redirect', () => client.acquireTokenRedirect({ scopes, redirectUri: `${location.origin}/index.html` }));
  on('elsewhere', () => client.acquireTokenRedirect({ scopes, redirectUri: 'https://elsewhere.example/auth.html' }));
  on('silent', () => client.acquireTokenSilent({ scopes, account: account() }).then(shown));
  on('sso', () => client.ssoSilent({ scopes, loginHint: settings.loginHint }).then(remember));
  on('out', () => client.logoutRedirect({ account: account() }));

  const back = await client.handleRedirectPromise();
  if (back) {
    remember(back);
  } else {
    show({ accounts: client.getAllAccounts().map((one) => one.username) });
  }
}

start().catch(refused);
